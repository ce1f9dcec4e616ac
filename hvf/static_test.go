package hvf_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLinuxStaysStatic: a Linux program that imports vmm must stay one static binary. Linking
// purego would make it dynamic. Package boottest looks at the binary that it builds.
func TestLinuxStaysStatic(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "../vmm/...", "../cmd/miniboot")
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	deps, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if strings.Contains(string(deps), "purego") {
		t.Error("vmm or cmd/miniboot imports purego on Linux")
	}
}
