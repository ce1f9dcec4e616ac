//go:build linux || darwin

package share

import (
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// countedNames is a directory of so many names, whose name is their number. It counts what
// is read.
type countedNames struct {
	n, next       int
	read, rewinds int
}

func (c *countedNames) Seek(int64, int) (int64, error) {
	c.next = 0
	c.rewinds++
	return 0, nil
}

func (c *countedNames) Readdirnames(n int) (names []string, err error) {
	for ; n > 0 && c.next < c.n; n-- {
		names = append(names, fmt.Sprint(c.next))
		c.next++
		c.read++
	}
	if len(names) == 0 {
		err = io.EOF
	}
	return names, err
}

// nameAt is the name at an offset.
func nameAt(off int) string {
	switch off {
	case 0:
		return "."
	case 1:
		return ".."
	}
	return fmt.Sprint(off - 2)
}

// A driver that lists a directory reads each name once, also if it asks again for what did
// not fit: up to 128 entries, which fill an answer of 4 KiB.
func TestDirStreamIsLinear(t *testing.T) {
	const n, most = 10_000, 128
	for _, back := range []int{0, 1, most - 1} {
		c := &countedNames{n: n}
		d := newDirStream(c)
		for off := 0; off < n+2; off += most - back {
			for i := off; i < min(off+most, n+2); i++ {
				if name, err := d.name(uint64(i)); name != nameAt(i) || err != nil {
					t.Fatalf("back by %d: offset %d has %q, %v, want %q", back, i, name, err, nameAt(i))
				}
			}
		}
		if _, err := d.name(n + 2); err != io.EOF || c.read != n || c.rewinds != 1 {
			t.Errorf("back by %d: %v, %d names read with %d rewinds, want %v, %d and 1", back, err, c.read, c.rewinds, io.EOF, n)
		}
		if len(d.names) > dirWindow {
			t.Errorf("back by %d: %d names are kept, want %d at most", back, len(d.names), dirWindow)
		}
	}
}

// Any offset has its name, whatever was read before. Offset 0 and what is no longer kept take
// the directory from its beginning.
func TestDirStreamOffsets(t *testing.T) {
	const n = 1000
	for _, c := range []struct {
		name    string
		offs    []uint64
		rewinds int
	}{
		{"forward", []uint64{5, 900}, 0},
		{"the last", []uint64{n + 1}, 0},
		{"back within what is kept", []uint64{900, 901 - dirWindow + dirBatch}, 0},
		{"back to before it", []uint64{900, 900 - dirWindow}, 1},
		{"back to 1", []uint64{900, 1}, 1},
		{"to 0", []uint64{0}, 1},
		{"back to 0 at once", []uint64{5, 0, 6}, 1},
		{"behind the end, and back", []uint64{n + 2, 1<<64 - 1, n + 1, 3}, 1},
	} {
		names := &countedNames{n: n}
		d := newDirStream(names)
		for _, off := range c.offs {
			want, wantErr := "", error(io.EOF)
			if off < n+2 {
				want, wantErr = nameAt(int(off)), nil
			}
			if name, err := d.name(off); name != want || err != wantErr {
				t.Errorf("%s: offset %d has %q, %v, want %q, %v", c.name, off, name, err, want, wantErr)
			}
		}
		if names.rewinds != c.rewinds {
			t.Errorf("%s: %d rewinds, want %d", c.name, names.rewinds, c.rewinds)
		}
	}
}

// A guest that removes what it has listed, as rm -r does, sees every name. One that begins
// again sees what is there then.
func TestReaddirByNameWhileItChanges(t *testing.T) {
	w := newWorld(t, 1)
	w.share.entries = (*Share).entriesByName
	const n = 700
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("file %d", i))
		w.file(want[i], "")
	}
	before, known := openFiles()
	fh, errno := w.Opendir(fusetest.Root)
	w.want("OPENDIR", errno, 0)
	list := func(remove bool) (got []string) {
		for off := uint64(0); ; {
			entries, errno := w.Readdir(fusetest.OpReaddir, fusetest.Root, fh, off, 4096)
			if w.want("READDIR", errno, 0); len(entries) == 0 {
				slices.Sort(got)
				return got
			}
			for _, e := range entries {
				if off = e.Off; e.Name == "." || e.Name == ".." {
					continue
				}
				got = append(got, e.Name)
				if remove {
					w.must(os.Remove(w.host(e.Name)))
				}
			}
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, list(true)); diff != "" {
		t.Errorf("what was listed and removed: -want +got\n%s", diff)
	}
	w.file("new", "")
	if diff := cmp.Diff([]string{"new"}, list(false)); diff != "" {
		t.Errorf("what is listed then: -want +got\n%s", diff)
	}
	w.Call(fusetest.OpReleasedir, fusetest.Root, fusetest.Body(nil).U64(fh).U32(0, 0).U64(0), 0)
	if after, _ := openFiles(); known && after != before {
		t.Errorf("%d files are open, %d were before", after, before)
	}
}
