//go:build linux || darwin

package share

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestAppend writes with and without O_APPEND, which fcntl changes after OPEN, to a
// file that has grown or shrunk since the guest has seen its size.
func TestAppend(t *testing.T) {
	const page = 1 << 0 // FUSE_WRITE_CACHE
	data := []byte("data")
	for _, tc := range []struct {
		name   string
		open   uint32
		write  fusetest.Body // of handle 1
		before string
		want   string
	}{
		{"the file has grown", oWRONLY | oAPPEND, fusetest.AppendBody(1, 3, 0, data), "0123456789", "0123456789data"},
		{"the file has shrunk", oWRONLY | oAPPEND, fusetest.AppendBody(1, 350, 0, data), "", "data"},
		{"read, too", oRDWR | oAPPEND, fusetest.AppendBody(1, 0, 0, data), "0123456789", "0123456789data"},
		{"O_APPEND since OPEN", oWRONLY, fusetest.AppendBody(1, 0, 0, data), "0123456789", "0123456789data"},
		{"O_APPEND no more", oWRONLY | oAPPEND, fusetest.WriteBody(1, 3, 0, data), "0123456789", "012data789"},
		{"a page of a mapping", oRDWR | oAPPEND, fusetest.AppendBody(1, 3, page, data), "0123456789", "012data789"},
		{"without O_APPEND", oWRONLY, fusetest.WriteBody(1, 3, 0, data), "0123456789", "012data789"},
	} {
		w := newWorld(t, 1)
		w.file("file", tc.before)
		node, _ := w.open("file", tc.open)
		b, errno := w.Call(fusetest.OpWrite, node, tc.write, 8)
		if errno != 0 || binary.LittleEndian.Uint32(b) != uint32(len(data)) {
			t.Errorf("%s: errno %d, % x written", tc.name, errno, b)
		}
		if got := w.content("file"); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestAppendInOnePiece checks that a file opened to append bypasses the guest's page cache,
// which would split a write at pages.
func TestAppendInOnePiece(t *testing.T) {
	for _, tc := range []struct {
		flags uint32
		want  uint32
	}{
		{oWRONLY | oAPPEND, fuse.FOPEN_DIRECT_IO},
		{oRDWR | oAPPEND, fuse.FOPEN_DIRECT_IO},
		{oRDONLY | oAPPEND, 0},
		{oWRONLY, 0},
	} {
		w := newWorld(t, 1)
		w.file("file", "")
		opened, errno := w.Call(fusetest.OpOpen, w.find("file").Node, fusetest.Body(nil).U32(tc.flags, 0), 16)
		w.want("OPEN", errno, 0)
		opened = slices.Clone(opened)
		created, errno := w.Call(fusetest.OpCreate, fusetest.Root, fusetest.Body(nil).U32(tc.flags|oCREAT, 0o644, 0, 0).Text("new"), 144)
		w.want("CREATE", errno, 0)
		for name, b := range map[string][]byte{"OPEN": opened, "CREATE": created[128:]} {
			if got := binary.LittleEndian.Uint32(b[8:]) &^ fuse.FOPEN_KEEP_CACHE; got != tc.want {
				t.Errorf("%s with flags 0%o: open_flags 0x%x, want 0x%x", name, tc.flags, got, tc.want)
			}
		}
	}
}

// TestAppendTogether lets two machines and the host append to a file, while each guest
// believes that it alone does.
func TestAppendTogether(t *testing.T) {
	const lines, length = 500, 22
	w := newWorld(t, 1)
	w.file("log", "")
	line := func(who string, i int) []byte {
		return fmt.Appendf(nil, "%-*s\n", length-1, fmt.Sprintf("%s %d", who, i))
	}
	var wg sync.WaitGroup
	for who, machine := range map[string]*world{"first": w, "second": w.beside(1)} {
		wg.Go(func() {
			node, fh := machine.open("log", oWRONLY|oAPPEND)
			for i := range lines {
				if n, errno := machine.Append(node, fh, uint64(i*length), line(who, i)); n != length || errno != 0 {
					t.Errorf("WRITE: %d, errno %d", n, errno)
				}
			}
		})
	}
	wg.Go(func() {
		f, err := os.OpenFile(w.host("log"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		for i := range lines {
			f.Write(line("host", i))
		}
	})
	wg.Wait()
	got := map[string]int{}
	for l := range strings.Lines(w.content("log")) {
		got[l]++
	}
	for _, who := range []string{"first", "second", "host"} {
		for i := range lines {
			if l := string(line(who, i)); got[l] != 1 {
				t.Fatalf("%q is there %d times", l, got[l])
			}
		}
	}
	if len(got) != 3*lines {
		t.Errorf("%d different lines, want %d", len(got), 3*lines)
	}
}
