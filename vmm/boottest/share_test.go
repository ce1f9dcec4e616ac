package boottest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/share"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/boottest/inguest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// sharedDir is a directory to be shared. The default guest's kernel has no driver for it.
type sharedDir struct {
	path string
	dev  *fs.Device
}

func newShare(t *testing.T, tag string, readOnly bool, log func(line string)) sharedDir {
	t.Helper()
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skipf("skipped: %v", fs.ErrUnsupported)
	}
	return shareOf(t, t.TempDir(), tag, readOnly, log)
}

func shareOf(t *testing.T, path, tag string, readOnly bool, log func(string)) sharedDir {
	t.Helper()
	dir, err := share.Open(path, share.Config{Log: virtiotest.Log(log)})
	if err != nil {
		t.Fatal(err)
	}
	dev, err := fs.New(fs.Config{Tag: tag, FS: dir, ReadOnly: readOnly, Queues: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() }) // after the guest's end, which is a later clean-up
	return sharedDir{path, dev}
}

// shareGuests are the kernels with a driver.
func shareGuests() []string {
	if full() {
		return []string{"bookworm-cloud", "trixie-cloud"}
	}
	return []string{"bookworm-cloud"}
}

// TestDeviceShare mounts shared directories, writes, reads, and removes one under the guest's feet.
func TestDeviceShare(t *testing.T) {
	for _, kernel := range shareGuests() {
		t.Run(kernel, func(t *testing.T) {
			lines := make(chan string, 10)
			rw := newShare(t, "rw", false, func(line string) { lines <- line })
			ro := newShare(t, "ro", true, func(line string) { t.Log(line) })
			write(t, filepath.Join(ro.path, "read"), "from the host")
			g := vmtest.Start(t, deviceGuest(t, kernel, []string{"virtiofs"}, rw.dev, ro.dev))
			g.Expect(guest.Prompt)
			g.MustRun("mkdir -p /rw /ro && mount -t virtiofs rw /rw && mount -t virtiofs ro /ro")
			if out := g.MustRun("cat /ro/read"); strings.TrimSpace(out) != "from the host" {
				t.Errorf("the guest reads %q", out)
			}
			for _, command := range []string{"touch /ro/new", "rm /ro/read", "mkdir /ro/d", "chmod 600 /ro/read"} {
				if out, status := g.Run(command); status == 0 || !strings.Contains(out, "read-only file system") {
					t.Errorf("%s: %q, status %d, want a read-only file system", command, out, status)
				}
			}
			g.MustRun("mkdir /rw/d && echo from the guest >/rw/d/f && mv /rw/d/f /rw/d/g && ln -s /etc /rw/out")
			if b, err := os.ReadFile(filepath.Join(rw.path, "d", "g")); err != nil || string(b) != "from the guest\n" {
				t.Errorf("the host reads %q, %v", b, err)
			}
			g.MustRun("umount /rw && mount -t virtiofs rw /rw && cat /rw/d/g")
			checkVanish(t, g, rw.path, lines)
			checkLog(t, g)
		})
	}
}

// checkVanish removes a shared directory: the guest gets errors, the host one line.
func checkVanish(t *testing.T, g *vmtest.Guest, dir string, lines <-chan string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if out, status := g.Run("echo >/rw/new"); status == 0 {
			t.Errorf("a file is made in a directory that is not there: %q", out)
		}
	}
	select {
	case line := <-lines:
		t.Log(line)
	case <-time.After(10 * time.Second):
		t.Error("the host says nothing of a directory that is not there")
	}
	if len(lines) > 0 {
		t.Errorf("the host says it again: %q", <-lines)
	}
}

// TestDeviceShareTests runs the tests of package inguest on a shared directory, with the files compared by the host.
func TestDeviceShareTests(t *testing.T) {
	for _, kernel := range shareGuests() {
		t.Run(kernel, func(t *testing.T) {
			dir := newShare(t, "share", false, func(line string) { t.Log(line) })
			cfg := deviceGuest(t, kernel, []string{"virtiofs"}, dir.dev)
			cfg.VCPUs, cfg.Memory, cfg.Initrds = 2, 1<<30, append(cfg.Initrds, inGuestTests(t))
			g := vmtest.Start(t, cfg)
			g.Expect(guest.Prompt)
			g.MustRun("mkdir -p /share && mount -t virtiofs share /share && ln -s /proc/self/fd /dev/fd")
			start := time.Now()
			out, status := g.RunWithin(testDeadline, "/inguest.test -test.v -test.run Share -share /share")
			t.Logf("%v in the guest; %+v", time.Since(start).Round(100*time.Millisecond), dir.dev.Stats())
			if status != 0 {
				t.Fatalf("exit status %d:\n%s", status, out)
			}
			t.Logf("%d tests pass, skipped: %q", strings.Count(out, "--- PASS"), skipped(out))
			hash, err := inguest.TreeHash(filepath.Join(dir.path, "stress"))
			if err != nil || !strings.Contains(out, "stress hash "+hash) {
				t.Errorf("the host has the hash %s (%v), the guest says:\n%s", hash, err, out)
			}
			if s := dir.dev.Stats(); s.Invalid != 0 || s.Panics != 0 {
				t.Errorf("%+v", s)
			}
			checkLog(t, g)
		})
	}
}

// skipped are the tests that were skipped, with what they say.
func skipped(out string) (why []string) {
	said := map[string]string{}
	running := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "=== RUN"); ok {
			running = strings.TrimSpace(name)
		} else if rest, ok := strings.CutPrefix(line, "--- SKIP: "); ok {
			name, _, _ := strings.Cut(rest, " ")
			why = append(why, name+":"+said[name])
		} else {
			said[running] += " " + line
		}
	}
	return why
}

// inGuestTests has the tests of package inguest, compiled for the guest.
func inGuestTests(t *testing.T) boot.File {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: boots Linux, not in short mode")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command")
	}
	file, err := buildInGuest()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// buildInGuest compiles them, once.
var buildInGuest = sync.OnceValues(func() (boot.File, error) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return boot.File{}, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "test")
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", name, "./inguest")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return boot.File{}, fmt.Errorf("go test -c ./inguest: %w\n%s", err, out)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		return boot.File{}, err
	}
	archive, err := cpio.Archive([]cpio.File{{Name: "inguest.test", Mode: 0o755, Data: program}})
	return boot.File{Name: "inguest.cpio", Data: archive}, err
})

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
