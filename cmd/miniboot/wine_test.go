package main

import (
	"bytes"
	"context"
	"debug/pe"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestWindows boots the default guest with the program for Windows, on the translator,
// under Wine.
func TestWindows(t *testing.T) {
	if os.Getenv("MINIBOOT_FULL") == "" {
		t.Skip("skipped: Wine's directory takes 700 MB and half a minute; set MINIBOOT_FULL=1")
	}
	for _, program := range []string{"go", "wine", "wineserver"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("skipped: ", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	kernel, err := guest.Kernel(ctx, os.Stderr)
	if err != nil {
		t.Skip("skipped: ", err)
	}
	initrd, err := guest.Initramfs(ctx, os.Stderr)
	if err != nil {
		t.Skip("skipped: ", err)
	}
	dir := t.TempDir()
	if initrd.Data != nil {
		initrd.Name = filepath.Join(dir, "initrd")
		if err := os.WriteFile(initrd.Name, initrd.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exe := filepath.Join(dir, "miniboot.exe")
	command(t, ctx, []string{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"}, "go", "build", "-o", exe, ".")

	prefix := filepath.Join(dir, "prefix")
	env := []string{"WINEPREFIX=" + prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml="}
	command(t, ctx, env, "wine", "wineboot", "-i")
	t.Cleanup(func() { // before dir is removed
		end := exec.Command("wineserver", "-k")
		end.Env = append(os.Environ(), env...)
		end.Run() // fails if it has ended
	})
	dll := filepath.Join(prefix, "drive_c/windows/system32/bcryptprimitives.dll")
	if _, err := os.Stat(dll); err != nil { // Wine 8 has none, and Go needs it
		if err := os.WriteFile(dll, forwardingDLL("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := command(t, ctx, env, "wine", exe, "-v", "-engine", "translator", "-kernel", kernel.Name, "-initrd", initrd.Name,
		"-append", guest.CommandLine+" "+guest.RunParameter("uname -m"))
	if !strings.Contains(out, "aarch64") || !strings.Contains(out, "exit status 0") {
		t.Errorf("the guest printed:\n%s", out)
	}
}

// command runs a program to its successful end and returns its output.
func command(t *testing.T, ctx context.Context, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(c.Args, " "), err, out)
	}
	return string(out)
}

// forwardingDLL returns a DLL that has one function, which is another DLL's. It has no code:
// headers, and one section with the export directory (PE Format, "The .edata Section").
func forwardingDLL(dll, function, to string) []byte {
	const (
		fileAlign = 0x200  // of headers and section, which have one such unit each
		section   = 0x1000 // address of the section
		tables    = section + 40
		names     = tables + 12
	)
	toAt := uint32(names)
	functionAt := toAt + uint32(len(to)) + 1
	dllAt := functionAt + uint32(len(function)) + 1
	exports := put(
		[3]uint32{}, dllAt, [3]uint32{1, 1, 1}, // Name; Ordinal Base, Address Table Entries, Number of Name Pointers
		[3]uint32{tables, tables + 4, tables + 8}, // the three tables, of one entry each
		toAt, functionAt, uint32(0),
		[]byte(to+"\x00"+function+"\x00"+dll+"\x00"),
	)
	optional := pe.OptionalHeader64{
		Magic: 0x20b, ImageBase: 1 << 33, SectionAlignment: section, FileAlignment: fileAlign,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, SizeOfImage: 2 * section, SizeOfHeaders: fileAlign,
		Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_CUI, NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: section, Size: uint32(len(exports))}
	headers := put(
		[64]byte{0: 'M', 1: 'Z', 0x3c: 64}, [4]byte{'P', 'E'},
		pe.FileHeader{
			Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(optional)),
			Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
		},
		optional,
		pe.SectionHeader32{
			Name: [8]byte{'.', 'e', 'd', 'a', 't', 'a'}, VirtualSize: uint32(len(exports)), VirtualAddress: section,
			SizeOfRawData: fileAlign, PointerToRawData: fileAlign, Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
		},
	)
	image := make([]byte, 2*fileAlign)
	copy(image, headers)
	copy(image[fileAlign:], exports)
	return image
}

// put returns values as they are in little-endian memory.
func put(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		binary.Write(&b, binary.LittleEndian, v)
	}
	return b.Bytes()
}
