package boot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRelease starts from files that change, or go away, between two starts.
func TestRelease(t *testing.T) {
	dir := t.TempDir()
	kernel, initrd := filepath.Join(dir, "Image"), filepath.Join(dir, "initrd")
	write := func(path string, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(kernel, makeImage(image{}))
	write(initrd, []byte("070701 old"))
	plan, err := Prepare(Config{
		Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3},
		Kernel:  File{Name: kernel},
		Initrds: []File{mustFile("in memory", []byte("070701 mem!!")), pipe(t, "070701 pipe!"), {Name: initrd}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := func(when, want string) {
		t.Helper()
		segments, err := plan.Segments()
		if err != nil {
			t.Fatal(err)
		}
		got := segments[2]
		if data := loaded(t, got); string(data) != want || got.Addr != plan.Initrd.Base {
			t.Errorf("%s the initrd at 0x%x is %q, want %q at 0x%x", when, got.Addr, data, want, plan.Initrd.Base)
		}
		property := property(t, plan, "/chosen", "linux,initrd-end")
		if want := fmt.Sprintf("<0x%x>", plan.Initrd.End()); property != want {
			t.Errorf("%s linux,initrd-end is %s, want %s", when, property, want)
		}
	}
	want("at first", "070701 mem!!\x00\x00\x00\x00070701 pipe!\x00\x00\x00\x00070701 old")
	write(initrd, []byte("070701 new and longer"))
	want("after a change", "070701 mem!!\x00\x00\x00\x00070701 pipe!\x00\x00\x00\x00070701 new and longer")
	plan.Release()
	want("after Release", "070701 mem!!\x00\x00\x00\x00070701 pipe!\x00\x00\x00\x00070701 new and longer")

	plan.Release()
	os.Remove(kernel)
	const gone = "boot: kernel %s: file does not exist: check the path"
	if _, err := plan.Segments(); err == nil || err.Error() != fmt.Sprintf(gone, kernel) {
		t.Errorf("without the kernel's file: error %v", err)
	}
	write(kernel, makeImage(image{}))
	want("after an error", "070701 mem!!\x00\x00\x00\x00070701 pipe!\x00\x00\x00\x00070701 new and longer")
}

// TestLoad loads a kernel and an initrd that are larger than what Prepare reads of them, and
// changes the initrd's file when it is too late to notice that by its size and time.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	kernel, initrd := filepath.Join(dir, "Image"), filepath.Join(dir, "initrd")
	image := append(makeImage(image{peEnd: headSize + 8192}), make([]byte, headSize+8192)...)[:headSize+8192]
	archive := append([]byte("070701"), make([]byte, headSize)...)
	for path, content := range map[string][]byte{kernel: image, initrd: archive} {
		copy(content[len(content)-8:], "the end.")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := Prepare(Config{Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3}, Kernel: File{Name: kernel}, Initrds: []File{{Name: initrd}}})
	if err != nil {
		t.Fatal(err)
	}
	segments, err := plan.Segments()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int][]byte{0: image, 2: archive} {
		if got := loaded(t, segments[i]); !bytes.Equal(got, want) {
			t.Errorf("the %s is not what its file is", segments[i].Name)
		}
	}
	if err := os.Truncate(initrd, 5); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("boot: initrd %s: the file has 0x5 bytes, it had 0x10006: it changes, wait until it is written", initrd)
	if err := segments[2].Load(make([]byte, segments[2].Size)); err == nil || err.Error() != want {
		t.Errorf("a file cut short meanwhile: %v, want %s", err, want)
	}
	os.Remove(initrd)
	want = fmt.Sprintf("boot: initrd %s: file does not exist: check the path", initrd)
	if err := segments[2].Load(make([]byte, segments[2].Size)); err == nil || err.Error() != want {
		t.Errorf("a file that is gone: %v, want %s", err, want)
	}
}

// TestReleaseGivesBack says what a plan held in memory.
func TestReleaseGivesBack(t *testing.T) {
	dir := t.TempDir()
	image := makeImage(image{})
	for name, want := range map[string]int{"Image": 0, "Image.gz": len(image)} {
		path, content := filepath.Join(dir, name), image
		if want > 0 {
			content = makeGzip(image)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		plan, err := Prepare(Config{Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3}, Kernel: File{Name: path}})
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Release(); got != want {
			t.Errorf("%s: 0x%x bytes, want 0x%x", name, got, want)
		}
		if got := plan.Release(); got != 0 {
			t.Errorf("%s once more: 0x%x bytes, want none", name, got)
		}
	}
}

// pipe is a file that can be read once.
func pipe(t *testing.T, content string) File {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	name := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Log("in memory, for want of a path to a pipe: ", err)
		return mustFile("pipe", []byte(content))
	}
	go func() {
		defer w.Close()
		strings.NewReader(content).WriteTo(w)
	}()
	return File{Name: name}
}
