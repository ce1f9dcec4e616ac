package vmm

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies looks at what a program links that runs machines with every
// device. It gets a network or shares only if it imports their packages.
func TestDependencies(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed: %v", err)
	}
	cmd := exec.Command("go", "list", "-deps", "./vmm", "./vmm/vmtest", "./virtio/net", "./virtio/net/socket", "./virtio/net/tap")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for pkg := range strings.Lines(string(out)) {
		for _, heavy := range []string{"gvisor.dev/", "github.com/insomniacslk/", "github.com/miekg/", "github.com/hanwen/"} {
			if strings.HasPrefix(pkg, heavy) {
				t.Errorf("%s: it belongs in a package of its own that vmm does not import", strings.TrimSpace(pkg))
			}
		}
	}
}
