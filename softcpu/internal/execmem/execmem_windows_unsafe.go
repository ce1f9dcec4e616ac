//go:build windows

package execmem

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// New maps size bytes, a multiple of 64 KiB. A process that may not make code
// (arbitrary code guard) gets an error.
//
// unsafe: w is the address of size bytes that are mapped until Close.
func New(size int) (*Memory, error) {
	section, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_EXECUTE_READWRITE, uint32(uint64(size)>>32), uint32(size), nil)
	if err != nil {
		return nil, fmt.Errorf("execmem: CreateFileMapping of 0x%x bytes: %w", size, err)
	}
	defer windows.CloseHandle(section) // the views keep it
	w, err := windows.MapViewOfFile(section, windows.FILE_MAP_READ|windows.FILE_MAP_WRITE, 0, 0, uintptr(size))
	if err != nil {
		return nil, fmt.Errorf("execmem: map 0x%x bytes for writing: %w", size, err)
	}
	x, err := windows.MapViewOfFile(section, windows.FILE_MAP_READ|windows.FILE_MAP_EXECUTE, 0, 0, uintptr(size))
	if err != nil {
		windows.UnmapViewOfFile(w)
		return nil, fmt.Errorf("execmem: map 0x%x bytes for execution: %w", size, err)
	}
	p := *(*unsafe.Pointer)(unsafe.Pointer(&w))
	return &Memory{W: unsafe.Slice((*byte)(p), size), X: x, unmap: func() error {
		return errors.Join(windows.UnmapViewOfFile(w), windows.UnmapViewOfFile(x))
	}}, nil
}

var flushInstructionCache = windows.NewLazySystemDLL("kernel32.dll").NewProc("FlushInstructionCache")

// Begin makes W writable for this thread.
func (m *Memory) Begin() {}

// End makes what was written to n bytes from offset from on what is executed
// there. The caches of amd64 see to that themselves.
func (m *Memory) End(from, n int) {
	if runtime.GOARCH != "amd64" {
		flushInstructionCache.Call(uintptr(windows.CurrentProcess()), m.X+uintptr(from), uintptr(n))
	}
}
