package boottest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/vmm/boottest/inguest"
)

// crashRounds is how often a disk's guest is killed: the second one goes on with what the first has left.
const crashRounds = 2

// How much each guest has flushed and synced at the least when it is killed. There is
// as much again, at random, and a moment more.
const (
	crashFlushes = 30
	crashFiles   = 15
)

// TestDiskKilled kills a miniboot process whose guest writes to two disks of each
// format: to one at random, with zeros and discards, to the other through ext4.
// What the guest's flushes have acknowledged is there, an image has no damage, and
// the file system passes fsck. The next round goes on with the same disks.
func TestDiskKilled(t *testing.T) {
	t.Parallel()
	tests := inGuestTests(t)
	dir := t.TempDir()
	program := buildProgram(t, dir)
	tool(t, "mke2fs", "e2fsprogs")
	tool(t, "debugfs", "e2fsprogs")
	archive := filepath.Join(dir, "tests.cpio")
	if err := os.WriteFile(archive, tests.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	defaultKernel(t) // so that no process fetches or builds, and says so
	userland(t)
	disks := makeCrashed(t, dir)
	for round := range crashRounds {
		out := runAndKill(t, program, archive, disks, round+1)
		for i, c := range disks {
			t.Run(fmt.Sprintf("%s/%d", c.format, round+1), func(t *testing.T) {
				said := saidBy(out, changesDevice(i))
				c.checkChanges(t, said, round+1)
				c.checkFiles(t, said)
			})
		}
	}
}

// makeCrashed makes the disks of each format for which the host has tools.
func makeCrashed(t *testing.T, dir string) (disks []*crashed) {
	for _, format := range []string{"raw", "qcow2"} {
		t.Run(format, func(t *testing.T) { disks = append(disks, newCrashed(t, filepath.Join(dir, format), format)) })
	}
	if t.Failed() {
		t.FailNow()
	}
	return disks
}

// changesDevice and filesDevice are what the guest calls the disks of number i.
func changesDevice(i int) string { return fmt.Sprintf("/dev/vd%c", 'a'+2*i) }
func filesDevice(i int) string   { return fmt.Sprintf("/dev/vd%c", 'b'+2*i) }

// saidBy returns the lines of the test that changes a disk, without the disk's
// name.
func saidBy(lines []string, disk string) (said []string) {
	for _, line := range lines {
		if s, ok := strings.CutPrefix(line, disk+" "); ok {
			said = append(said, s)
		}
	}
	return said
}

// tool finds a program of the host, or skips the test.
func tool(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + name)
	}
	if err != nil {
		t.Skipf("skipped: %v: install the Debian package %s", err, debianPackage)
	}
	return path
}

// command runs a program that has to succeed.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// crashed is the two disks of a guest that is killed again and again.
type crashed struct {
	format         string
	changes, files string   // the disks' images
	sectors        []uint64 // versions that are on the first disk
	names          []string // of files that are on the second one, with their hashes
}

const crashDisk = 32 * mib

func newCrashed(t *testing.T, prefix, format string) *crashed {
	t.Helper()
	c := &crashed{format: format, changes: prefix + "-changes", files: prefix + "-files",
		sectors: make([]uint64, crashDisk/inguest.SectorSize)}
	for _, name := range []string{c.changes, c.files} {
		if err := os.WriteFile(name, make([]byte, crashDisk), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command(t, tool(t, "mke2fs", "e2fsprogs"), "-q", "-t", "ext4", c.files)
	if format == "qcow2" {
		img := tool(t, "qemu-img", "qemu-utils")
		for _, name := range []string{c.changes, c.files} {
			command(t, img, "convert", "-O", "qcow2", "-o", "cluster_size=16K", name, name+".qcow2")
		}
		c.changes, c.files = c.changes+".qcow2", c.files+".qcow2"
	}
	return c
}

// runAndKill boots a guest that writes, kills its process after a while, and
// returns its output.
func runAndKill(t *testing.T, program, archive string, disks []*crashed, seed int) []string {
	t.Helper()
	args := []string{"-accel", "soft", "-timeout", "10m", "-initrd", "default", "-initrd", archive}
	script := ""
	for i, c := range disks {
		args = append(args, "-disk", c.changes+",format="+c.format, "-disk", c.files+",format="+c.format)
		script += fmt.Sprintf("mkdir /mnt%d && mount -t ext4 %s /mnt%d && /inguest.test -test.run DiskChanges -disk %s -diskdir /mnt%d -diskseed %d & ",
			i, filesDevice(i), i, changesDevice(i), i, seed)
	}
	cmd := exec.Command(program, append(args, "-append", `quiet miniboot.run="`+script+`wait"`)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, whole := readAndKill(cmd.Process, bufio.NewReader(stdout), len(disks))
	cmd.Wait()
	if all := strings.Join(lines, "\n"); !whole || stderr.Len() > 0 || strings.Contains(all, "FAIL") {
		t.Fatalf("before it was killed: %s\n%s", &stderr, all)
	}
	return lines
}

// readAndKill reads what a process prints, until it is killed: some time after
// each of its disks has been flushed, and files been synced, often enough. whole is
// set when it was killed, and did not end before.
func readAndKill(p *os.Process, out *bufio.Reader, disks int) (lines []string, whole bool) {
	flushed, synced := map[string]int{}, map[string]int{}
	flushes, files := crashFlushes+rand.N(crashFlushes), crashFiles+rand.N(crashFiles)
	for {
		line, err := out.ReadString('\n')
		if err != nil { // drop half a line: half a number is another one
			return lines, whole
		}
		lines = append(lines, strings.TrimSpace(line))
		disk, said, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(said, "flushed "):
			flushed[disk]++
		case strings.HasPrefix(said, "synced "):
			synced[disk]++
		}
		if !whole && reached(flushed, disks, flushes) && reached(synced, disks, files) {
			whole = true
			time.AfterFunc(rand.N(20*time.Millisecond), func() { p.Kill() })
		}
	}
}

// reached reports whether so many disks have a count of least.
func reached(counts map[string]int, disks, least int) bool {
	for _, n := range counts {
		if n >= least {
			disks--
		}
	}
	return disks <= 0
}

// unheard is how many lines of the guest may be lost when its host is killed: those in
// the buffers of the guest's terminal (4 KiB), of the UART's FIFO and wire (32 bytes,
// 4 KiB), and of the goroutine that writes it out (4 KiB); and one that the program is
// about to write.
const unheard = (3*4096+32)/inguest.SaidSize + 1

// checkChanges checks that each sector of the first disk has what it had when
// the last flush ended, or what came later.
func (c *crashed) checkChanges(t *testing.T, out []string, seed int) {
	t.Helper()
	last := 0
	for _, line := range out {
		fmt.Sscanf(line, "flushed %d", &last)
	}
	if last == 0 {
		t.Fatalf("no flush:\n%s", strings.Join(out, "\n"))
	}
	may := c.change(inguest.NewDiskChanges(uint64(seed), len(c.sectors)), last)
	disk := c.read(t, c.changes)
	for s := range c.sectors {
		v, ok := inguest.SectorVersion(s, disk[s*inguest.SectorSize:])
		if !ok || v != c.sectors[s] && !slices.Contains(may[s], v) {
			t.Fatalf("after %d changes sector %d has version 0x%x (whole: %v), want 0x%x or one of 0x%x", last, s, v, ok, c.sectors[s], may[s])
		}
		c.sectors[s] = v
	}
	t.Logf("%d changes up to the last flush are there", last)
}

// change makes the changes up to number last, and returns the versions that sectors may
// have got by those that the guest may have made since.
func (c *crashed) change(changes *inguest.DiskChanges, last int) (may map[int][]uint64) {
	may = make(map[int][]uint64)
	flushes := 0
	for n := 1; flushes <= unheard; n++ {
		d := changes.Next()
		switch {
		case d.Kind == inguest.ChangeFlush && n > last:
			flushes++
		case d.Kind != inguest.ChangeWrite: // zeros
			d.Version = 0
		}
		if d.Kind == inguest.ChangeFlush {
			continue
		}
		for s := d.First; s < d.First+d.Number; s++ {
			if n <= last {
				c.sectors[s] = d.Version
			} else {
				may[s] = append(may[s], d.Version)
			}
		}
	}
	return may
}

// read returns the content of a disk. It checks an image before it opens it.
func (c *crashed) read(t *testing.T, path string) []byte {
	t.Helper()
	var disk interface {
		io.ReaderAt
		io.Closer
	}
	var err error
	if c.format == "qcow2" {
		out, _ := exec.Command("qemu-img", "check", path).CombinedOutput() // which exits with 3 if there are leaks
		if strings.Contains(string(out), "ERROR") || !strings.Contains(string(out), "No errors") && !strings.Contains(string(out), "leaked") {
			t.Fatalf("qemu-img check: %s", out)
		}
		disk, err = qcow2.Open(path, qcow2.Config{ReadOnly: true})
	} else {
		disk, err = raw.Open(path, raw.Config{ReadOnly: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	b := make([]byte, crashDisk)
	if _, err := disk.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

// checkFiles has e2fsck look at the second disk, and compares the files that
// were synced.
func (c *crashed) checkFiles(t *testing.T, out []string) {
	t.Helper()
	for _, line := range out {
		if file, ok := strings.CutPrefix(line, "synced "); ok {
			c.names = append(c.names, file)
		}
	}
	copied := filepath.Join(t.TempDir(), "files")
	if err := os.WriteFile(copied, c.read(t, c.files), 0o600); err != nil {
		t.Fatal(err)
	}
	e2fsck := tool(t, "e2fsck", "e2fsprogs")
	if out, err := exec.Command(e2fsck, "-p", copied).CombinedOutput(); err != nil && err.(*exec.ExitError).ExitCode() > 1 { // 1: the journal
		t.Fatalf("e2fsck -p: %v\n%s", err, out)
	}
	command(t, e2fsck, "-f", "-n", copied)
	files := t.TempDir()
	command(t, tool(t, "debugfs", "e2fsprogs"), "-R", "rdump / "+files, copied)
	for _, file := range c.names {
		name, hash, _ := strings.Cut(file, " ")
		b, err := os.ReadFile(filepath.Join(files, name))
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(b)) != hash {
			t.Errorf("%s: %d bytes that are not what was synced (%v)", name, len(b), err)
		}
	}
	t.Logf("%d files are there", len(c.names))
}
