package boottest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// full says whether to run everything, and not only a sample.
func full() bool { return os.Getenv("MINIBOOT_FULL") != "" }

// kernelFile returns a file that fetch-kernels.sh has fetched.
func kernelFile(t testing.TB, name string) boot.File {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: boots Linux, not in short mode")
	}
	dir := os.Getenv("MINIBOOT_KERNELS")
	if dir == "" {
		t.Skip("skipped: MINIBOOT_KERNELS names no directory with Debian's kernels; fetch-kernels.sh makes one")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; fetch-kernels.sh fetches it", err)
	}
	return boot.File{Name: path}
}

// defaultKernel returns the default guest's kernel.
func defaultKernel(t testing.TB) boot.File {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: boots Linux, not in short mode")
	}
	kernel, err := guest.Kernel(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return kernel
}

// userland returns the default guest's initramfs.
func userland(t testing.TB) boot.File {
	t.Helper()
	initramfs, err := guest.Initramfs(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return initramfs
}

// complaints are what Linux prints about a machine that does not work as it should.
var complaints = []string{
	"Kernel panic", "Oops", "BUG:", "WARNING:", "Unable to handle", "Call trace:", "soft lockup", "hard LOCKUP",
	"detected stall", "rcu: INFO:", "blocked for more than", "nobody cared", "Unexpected interrupt", "undefined instruction",
	"failed to come online", "failed to boot", "clocksource: timekeeping watchdog",
}

// checkLog fails the test for each complaint of the guest's kernel.
func checkLog(t *testing.T, g *vmtest.Guest) {
	t.Helper()
	for line := range strings.Lines(g.Output()) {
		for _, c := range complaints {
			if strings.Contains(line, c) {
				t.Errorf("the kernel complains: %s", strings.TrimSpace(line))
			}
		}
	}
}
