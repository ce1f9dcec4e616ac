package hvf_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinuxStaysStatic: a Linux program that imports vmm must stay one static
// binary. Linking purego would make it dynamic.
func TestLinuxStaysStatic(t *testing.T) {
	if testing.Short() {
		t.Skip("builds cmd/miniboot")
	}
	env := append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	list := exec.Command("go", "list", "-deps", "../vmm/...", "../cmd/miniboot")
	list.Env = env
	deps, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if strings.Contains(string(deps), "purego") {
		t.Error("vmm or cmd/miniboot imports purego on Linux")
	}
	bin := filepath.Join(t.TempDir(), "miniboot")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "../cmd/miniboot")
	build.Env = env
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a %v segment: it is not static", p.Type)
		}
	}
}
