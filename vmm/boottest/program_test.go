package boottest

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// buildProgram builds cmd/miniboot as a release is built, and checks that it is one static
// binary on Linux. Linking purego, or C, would make it dynamic.
func buildProgram(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "miniboot")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "../../cmd/miniboot")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if runtime.GOOS == "linux" {
		checkStatic(t, program)
	}
	return program
}

func checkStatic(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("cmd/miniboot has a %v segment: it is not static", p.Type)
		}
	}
}
