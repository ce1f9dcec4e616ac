//go:build linux || darwin

package boottest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/vmm/boottest/inguest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestDeviceShareTogether has two machines and the host add lines to the same files, by O_APPEND and under locks. No
// line is lost or torn.
func TestDeviceShareTogether(t *testing.T) {
	lines := 200
	if full() {
		lines = 10_000
	}
	for _, kernel := range shareGuests() {
		t.Run(kernel, func(t *testing.T) {
			first := newShare(t, "share", false, nil)
			machines := map[string]sharedDir{"first": first, "second": shareOf(t, first.path, "share", false, nil)}
			guests := map[string]*vmtest.Guest{}
			for who, dir := range machines {
				cfg := deviceGuest(t, kernel, []string{"virtiofs"}, dir.dev)
				cfg.Memory, cfg.Initrds = 1<<30, append(cfg.Initrds, inGuestTests(t))
				guests[who] = vmtest.Start(t, cfg)
			}
			for _, g := range guests {
				g.Expect(guest.Prompt)
				g.MustRun("mkdir -p /share && mount -t virtiofs share /share")
			}
			for who, g := range guests {
				g.Send("/inguest.test -test.run Together -share /share -who " + who + " -lines " + strconv.Itoa(lines) + "\n")
			}
			for !exists(filepath.Join(first.path, "append")) {
				time.Sleep(10 * time.Millisecond)
			}
			if err := inguest.Together(first.path, "host", lines, 5*time.Millisecond); err != nil {
				t.Error(err)
			}
			for who, g := range guests {
				g.ExpectWithin(testDeadline, who+" is done")
			}
			for _, wrong := range inguest.CheckTogether(first.path, lines, "first", "second", "host") {
				t.Error(wrong)
			}
		})
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
