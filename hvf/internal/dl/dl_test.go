//go:build (darwin || linux) && (amd64 || arm64)

package dl

import (
	"path/filepath"
	"testing"

	"github.com/ebitengine/purego"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ctest"
)

func openProbe(tb testing.TB) *Library {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "probe.so")
	ctest.Build(tb, path, "testdata/probe.c")
	lib, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	return lib
}

// paths returns the library by each way of making a call.
func paths(lib *Library) map[string]ccall.Library {
	return map[string]ccall.Library{"direct": lib, "portable": Portable{lib}}
}

func TestCall(t *testing.T) {
	lib := openProbe(t)
	tests := []struct {
		name string
		f    ccall.Frame
		want uint32 // of the result: its upper half may be anything for 32-bit functions
	}{
		{"probe_args", ccall.Frame{Args: [4]uintptr{0x1111, 0x2222, 0x3333, 0x4444}}, 0x22221111},
		{"probe_vector", ccall.Frame{Args: [4]uintptr{7, 31}, Vec: [2]uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}}, 0},
		{"probe_vector", ccall.Frame{Args: [4]uintptr{7, 31}, Vec: [2]uint64{0x0706050403020100, 0}}, 1},
		{"probe_vector", ccall.Frame{Args: [4]uintptr{7, 31}, Vec: [2]uint64{0, 0x0f0e0d0c0b0a0908}}, 1},
		{"probe_code", ccall.Frame{}, 0xfae94007},
	}
	for name, path := range paths(lib) {
		for _, tt := range tests {
			f := new(ccall.Frame)
			*f = tt.f
			if f.Fn = path.Symbol(tt.name); f.Fn == 0 {
				t.Fatalf("no symbol %s", tt.name)
			}
			path.Call(f)
			if uint32(f.Ret) != tt.want {
				t.Errorf("%s: %s(%#x, %#x) = 0x%x, want 0x%x", name, tt.name, tt.f.Args, tt.f.Vec, uint32(f.Ret), tt.want)
			}
			if f.Args != tt.f.Args || f.Vec != tt.f.Vec {
				t.Errorf("%s: %s: the call changed its frame", name, tt.name)
			}
		}
		f := &ccall.Frame{Fn: path.Symbol("probe_args"), Args: [4]uintptr{0x1111, 0x2222, 0x3333, 0x4444}}
		if path.Call(f); uint64(f.Ret) != 0x4444333322221111 {
			t.Errorf("%s: probe_args = 0x%x, want 0x4444333322221111", name, f.Ret)
		}
	}
}

func TestSymbolMissing(t *testing.T) {
	if addr := openProbe(t).Symbol("hv_vm_create_not"); addr != 0 {
		t.Errorf("a symbol that is not there is at 0x%x", addr)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.so")); err == nil {
		t.Error("a library that is not there was opened")
	}
}

func TestCallsAllocateNothing(t *testing.T) {
	lib := openProbe(t)
	for name, path := range paths(lib) {
		f := &ccall.Frame{Fn: path.Symbol("probe_code")}
		if n := testing.AllocsPerRun(1000, func() { path.Call(f) }); n != 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
}

// out is what probe_get writes to. It is a global variable because C needs memory
// that does not move.
var out uint64

// BenchmarkCall compares the ways to make a call of hv_vcpu_get_reg's shape.
func BenchmarkCall(b *testing.B) {
	lib := openProbe(b)
	addr := lib.Symbol("probe_get")
	for name, path := range paths(lib) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			f := &ccall.Frame{Fn: addr, Args: [4]uintptr{1, 2, outAddress(&out)}}
			for b.Loop() {
				path.Call(f)
			}
			if out != 1<<32|2 {
				b.Fatalf("got 0x%x", out)
			}
		})
	}
	b.Run("SyscallN", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			purego.SyscallN(addr, 1, 2, outAddress(&out))
		}
	})
	b.Run("RegisterLibFunc", func(b *testing.B) {
		b.ReportAllocs()
		var get func(vcpu uint64, reg uint32, out *uint64) int32
		purego.RegisterFunc(&get, addr)
		for b.Loop() {
			get(1, 2, &out)
		}
	})
}
