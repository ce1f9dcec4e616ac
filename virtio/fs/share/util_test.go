//go:build linux || darwin

package share

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Linux's error numbers.
const (
	ePERM, eNOENT, eINTR, eIO, eNXIO   = 1, 2, 4, 5, 6
	eBADF, eAGAIN, eACCES, eEXIST      = 9, 11, 13, 17
	eNOTDIR, eISDIR, eINVAL, eNFILE    = 20, 21, 22, 23
	eFBIG, eROFS, eRANGE, eNAMETOOLONG = 27, 30, 34, 36
	eNOLCK, eNOSYS, eNOTEMPTY, eLOOP   = 37, 38, 39, 40
	eNODATA, eOPNOTSUPP, eSTALE        = 61, 95, 116
)

// Flags of open, as arm64 has them.
const (
	oRDONLY, oWRONLY, oRDWR = 0, 1, 2
	oCREAT, oEXCL, oTRUNC   = 0o100, 0o200, 0o1000
	oAPPEND                 = 0o2000
)

// world is a shared directory with something beside it that is not shared.
type world struct {
	*fusetest.Client
	t     testing.TB
	outer string // has root, and a file "secret"
	root  string
	share *Share
	dev   *fs.Device
	lines chan string // what the share logs
}

const secret = "what the guest must not see"

func newWorld(t testing.TB, queues int) *world {
	t.Helper()
	w := &world{t: t, outer: t.TempDir(), lines: make(chan string, 100)}
	w.root = filepath.Join(w.outer, "root")
	w.must(os.Mkdir(w.root, 0o755))
	w.must(os.WriteFile(filepath.Join(w.outer, "secret"), []byte(secret), 0o644))
	return w.start(queues)
}

// beside is another machine with the same directory.
func (w *world) beside(queues int) *world {
	w.t.Helper()
	other := *w
	return other.start(queues)
}

// start shares the directory.
func (w *world) start(queues int) *world {
	w.t.Helper()
	s, err := Open(w.root, Config{Log: virtiotest.Log(func(line string) { w.lines <- line })})
	w.must(err)
	w.t.Cleanup(func() { s.Close() })
	w.share = s
	w.dev, err = fs.New(fs.Config{Tag: "t", FS: s, Queues: queues})
	w.must(err)
	w.Client = fusetest.New(w.t, w.dev)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// host is a path of the share on the host.
func (w *world) host(name string) string { return filepath.Join(w.root, name) }

// file makes a file on the host.
func (w *world) file(name, content string) {
	w.t.Helper()
	w.must(os.WriteFile(w.host(name), []byte(content), 0o644))
}

// content is what the host reads.
func (w *world) content(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(w.host(name))
	w.must(err)
	return string(b)
}

// find looks a name of the root up.
func (w *world) find(name string) fusetest.Entry {
	w.t.Helper()
	e, errno := w.Lookup(fusetest.Root, name)
	if errno != 0 {
		w.t.Fatalf("LOOKUP of %s: errno %d", name, errno)
	}
	return e
}

// open opens a name of the root, and looks it up again if it has changed, as Linux does.
func (w *world) open(name string, flags uint32) (node, fh uint64) {
	w.t.Helper()
	e := w.find(name)
	fh, errno := w.Open(e.Node, flags)
	if errno == eSTALE {
		e = w.find(name)
		fh, errno = w.Open(e.Node, flags)
	}
	if errno != 0 {
		w.t.Fatalf("OPEN of %s: errno %d", name, errno)
	}
	return e.Node, fh
}

// want compares error numbers.
func (w *world) want(what string, errno, want int) {
	w.t.Helper()
	if errno != want {
		w.t.Errorf("%s: errno %d, want %d", what, errno, want)
	}
}

// untouched looks at what is not shared.
func (w *world) untouched() {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.outer, "secret"))
	if err != nil || string(b) != secret {
		w.t.Errorf("outside the share: %q, %v", b, err)
	}
	info, err := os.Stat(filepath.Join(w.outer, "secret"))
	if err != nil || info.Mode() != 0o644 {
		w.t.Errorf("outside the share: mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(w.outer)
	if err != nil || len(entries) != 2 {
		w.t.Errorf("outside the share: %v, %v", entries, err)
	}
}

// on returns a client for another request queue.
func (w *world) on(queue int) *world {
	other := *w
	other.Client = fusetest.On(w.t, w.Driver, queue)
	return &other
}

// openFiles counts the descriptors of this process; ok is false where that is
// not known.
func openFiles() (n int, ok bool) {
	entries, err := os.ReadDir("/proc/self/fd")
	return len(entries), err == nil
}

// together runs what several goroutines do until the first is done; the others
// are told to stop.
func together(first func(), others ...func(stop <-chan struct{})) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, f := range others {
		wg.Go(func() { f(stop) })
	}
	first()
	close(stop)
	wg.Wait()
}
