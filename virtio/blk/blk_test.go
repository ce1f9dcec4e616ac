package blk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Types and status of requests, as 5.2.6 has them.
const (
	tIn, tOut, tFlush, tGetID, tGetLifetime, tDiscard, tWriteZeroes, tSecureErase = 0, 1, 4, 8, 10, 11, 13, 14
	sOK, sIOErr, sUnsupp                                                          = 0, 1, 2
)

// memDisk is a disk in memory that fails on demand.
type memDisk struct {
	mu    sync.Mutex
	bytes []byte
	log   []string
	fail  error
	block chan struct{} // nil, or what reads wait for
}

func (d *memDisk) do(what string, f func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, what)
	if d.fail == nil {
		f()
	}
	return d.fail
}

func (d *memDisk) ReadAt(p []byte, off int64) (n int, err error) {
	if d.block != nil {
		<-d.block
	}
	n, err = bytes.NewReader(d.bytes).ReadAt(p, off)
	if d.do("read", func() {}) != nil {
		return 0, d.fail
	}
	return n, err
}

func (d *memDisk) WriteAt(p []byte, off int64) (n int, err error) {
	err = d.do("write", func() { n = copy(d.bytes[off:], p) })
	return n, err
}

func (d *memDisk) Size() (int64, error) { return int64(len(d.bytes)), d.fail }
func (d *memDisk) Flush() error         { return d.do("flush", func() {}) }
func (d *memDisk) Discard(off, n int64) error {
	return d.do("discard", func() { copy(d.bytes[off:off+n], bytes.Repeat([]byte{0xdd}, int(n))) })
}

func (d *memDisk) WriteZeroes(off, n int64, unmap bool) error {
	what := "zero"
	if unmap {
		what = "unmap"
	}
	return d.do(what, func() { clear(d.bytes[off : off+n]) })
}

// sectors is a disk whose sector i is full of the byte i+1.
func sectors(n int) *memDisk {
	d := &memDisk{}
	for i := range n {
		d.bytes = append(d.bytes, bytes.Repeat([]byte{byte(i + 1)}, 512)...)
	}
	return d
}

func newDevice(t testing.TB, o blk.Config) *blk.Device {
	t.Helper()
	dev, err := blk.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func start(t testing.TB, o blk.Config) (*virtiotest.Driver, *blk.Device) {
	t.Helper()
	dev := newDevice(t, o)
	d := virtiotest.New(t, dev)
	d.Start(virtiotest.AllFeatures)
	return d, dev
}

// header is the first 16 bytes of a request.
func header(kind uint32, sector uint64) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	return binary.LittleEndian.AppendUint64(append(b, 0, 0, 0, 0), sector)
}

// segment is a range to discard or to zero.
func segment(sector uint64, sectors, flags uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, sector)
	b = binary.LittleEndian.AppendUint32(b, sectors)
	return binary.LittleEndian.AppendUint32(b, flags)
}

func join(b ...[]byte) []byte { return bytes.Join(b, nil) }

// The configuration space and the features (5.2.3, 5.2.4).
func TestConfig(t *testing.T) {
	d := virtiotest.New(t, newDevice(t, blk.Config{Disk: sectors(16), Queues: 4}))
	for _, tc := range []struct {
		name string
		off  uint64
		size int
		want uint64
	}{
		{"capacity", 0, 8, 16}, {"size_max", 8, 4, 0}, {"seg_max", 12, 4, 254}, {"blk_size", 20, 4, 512},
		{"physical_block_exp", 24, 1, 3}, {"writeback", 32, 1, 1}, {"num_queues", 34, 2, 4},
		{"max_discard_sectors", 36, 4, 1 << 21}, {"max_discard_seg", 40, 4, 16}, {"discard_sector_alignment", 44, 4, 8},
		{"max_write_zeroes_sectors", 48, 4, 1 << 17}, {"max_write_zeroes_seg", 52, 4, 16}, {"write_zeroes_may_unmap", 56, 1, 1},
	} {
		if got := d.Config(tc.off, tc.size); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	const size = 1 << 20
	path := filepath.Join(t.TempDir(), "image")
	if err := qcow2.Create(path, size); err != nil {
		t.Fatal(err)
	}
	image, err := qcow2.Open(path, qcow2.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	d = virtiotest.New(t, newDevice(t, blk.Config{Disk: image}))
	if capacity, alignment := d.Config(0, 8), d.Config(44, 4); capacity != size/512 || alignment != 128 {
		t.Errorf("an image with clusters of 64 KiB: capacity %d, discard_sector_alignment %d", capacity, alignment)
	}
	const common = 1<<2 | 1<<6 | 1<<9 | 1<<10 | 1<<11 // SEG_MAX, BLK_SIZE, FLUSH, TOPOLOGY, CONFIG_WCE
	for _, tc := range []struct {
		o    blk.Config
		want uint64
	}{
		{blk.Config{}, common | 1<<13 | 1<<14},                  // DISCARD, WRITE_ZEROES
		{blk.Config{Queues: 2}, common | 1<<13 | 1<<14 | 1<<12}, // MQ
		{blk.Config{ReadOnly: true, Queues: 1}, common | 1<<5},  // RO
	} {
		tc.o.Disk = sectors(1)
		if got := newDevice(t, tc.o).Features(); got != tc.want {
			t.Errorf("%+v: features 0x%x, want 0x%x", tc.o, got, tc.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tc := range []struct {
		o    blk.Config
		want string
	}{
		{blk.Config{}, "blk: Config.Disk is nil: give a disk"},
		{blk.Config{Disk: &memDisk{}}, "the disk is empty: give it a size"},
		{blk.Config{Disk: &memDisk{bytes: make([]byte, 513)}}, "size of 0x201"},
		{blk.Config{Disk: &memDisk{fail: io.ErrClosedPipe}}, "closed pipe"},
		{blk.Config{Disk: sectors(1), Serial: strings.Repeat("x", 21)}, "21 bytes"},
		{blk.Config{Disk: sectors(1), Queues: 65}, "65 queues"},
		{blk.Config{Disk: sectors(1), Queues: -1}, "-1 queues"},
	} {
		if _, err := blk.New(tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.o, err, tc.want)
		}
	}
}

// Requests one by one: what the driver sends, what it has room for, and what
// comes back. The disk has 16 sectors.
func TestRequests(t *testing.T) {
	fill := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	for _, tc := range []struct {
		name     string
		readOnly bool
		request  []byte
		room     int
		want     []byte // the status last
		log      []string
	}{
		{"read", false, header(tIn, 3), 513, append(fill(4, 512), sOK), []string{"read"}},
		{"read two", false, header(tIn, 14), 1025, join(fill(15, 512), fill(16, 512), []byte{sOK}), []string{"read"}},
		{"read nothing", false, header(tIn, 3), 1, []byte{sOK}, nil},
		{"read past the end", false, header(tIn, 15), 1025, append(fill(0, 1024), sIOErr), nil},
		{"read at the end", false, header(tIn, 16), 513, append(fill(0, 512), sIOErr), nil},
		{"read at the last sector of all", false, header(tIn, 1<<64-1), 513, append(fill(0, 512), sIOErr), nil},
		{"read where bytes wrap", false, header(tIn, 1<<55), 513, append(fill(0, 512), sIOErr), nil},
		{"read a part of a sector", false, header(tIn, 0), 512, append(fill(0, 511), sIOErr), nil},
		{"write", false, join(header(tOut, 5), fill(0xee, 1024)), 1, []byte{sOK}, []string{"write"}},
		{"write past the end", false, join(header(tOut, 15), fill(0xee, 1024)), 1, []byte{sIOErr}, nil},
		{"write a part of a sector", false, join(header(tOut, 0), fill(0xee, 100)), 1, []byte{sIOErr}, nil},
		{"write to a read-only disk", true, join(header(tOut, 0), fill(0xee, 512)), 1, []byte{sIOErr}, nil},
		{"flush", false, header(tFlush, 0), 1, []byte{sOK}, []string{"flush"}},
		{"flush a read-only disk", true, header(tFlush, 0), 1, []byte{sOK}, nil},
		{"serial", false, header(tGetID, 0), 21, join([]byte("SN-1"), fill(0, 16), []byte{sOK}), nil},
		{"serial with too much room", false, header(tGetID, 0), 41, join([]byte("SN-1"), fill(0, 36), []byte{sOK}), nil},
		{"serial without room", false, header(tGetID, 0), 20, append(fill(0, 19), sIOErr), nil},
		{"discard", false, join(header(tDiscard, 0), segment(8, 8, 0)), 1, []byte{sOK}, []string{"discard"}},
		{"discard two", false, join(header(tDiscard, 0), segment(0, 1, 0), segment(15, 1, 0)), 1, []byte{sOK}, []string{"discard", "discard"}},
		{"discard with unmap", false, join(header(tDiscard, 0), segment(0, 1, 1)), 1, []byte{sUnsupp}, nil},
		{"discard past the end", false, join(header(tDiscard, 0), segment(9, 8, 0)), 1, []byte{sIOErr}, nil},
		{"discard of 2 TiB", false, join(header(tDiscard, 0), segment(0, 1<<32-1, 0)), 1, []byte{sIOErr}, nil},
		{"discard of nothing", false, header(tDiscard, 0), 1, []byte{sIOErr}, nil},
		{"discard of a part of a segment", false, join(header(tDiscard, 0), segment(0, 1, 0)[:15]), 1, []byte{sIOErr}, nil},
		{"discard of 17 segments", false, join(header(tDiscard, 0), bytes.Repeat(segment(0, 1, 0), 17)), 1, []byte{sIOErr}, nil},
		{"discard on a read-only disk", true, join(header(tDiscard, 0), segment(0, 1, 0)), 1, []byte{sIOErr}, nil},
		{"zeros", false, join(header(tWriteZeroes, 0), segment(0, 4, 0)), 1, []byte{sOK}, []string{"zero"}},
		{"zeros and unmap", false, join(header(tWriteZeroes, 0), segment(0, 4, 1)), 1, []byte{sOK}, []string{"unmap"}},
		{"zeros with a reserved flag", false, join(header(tWriteZeroes, 0), segment(0, 4, 3)), 1, []byte{sUnsupp}, nil},
		{"zeros on a read-only disk", true, join(header(tWriteZeroes, 0), segment(0, 4, 0)), 1, []byte{sIOErr}, nil},
		{"lifetime", false, header(tGetLifetime, 0), 13, join(fill(0, 12), []byte{sUnsupp}), nil},
		{"secure erase", false, join(header(tSecureErase, 0), segment(0, 1, 0)), 1, []byte{sUnsupp}, nil},
		{"SCSI command", false, header(2, 0), 1, []byte{sUnsupp}, nil},
		{"no such type", false, header(0xffffffff, 0), 1, []byte{sUnsupp}, nil},
		{"half a header", false, header(tIn, 0)[:15], 513, []byte{}, nil},
		{"no header", false, nil, 513, []byte{}, nil},
		{"no room for the status", false, header(tFlush, 0), 0, []byte{}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			disk := sectors(16)
			before := bytes.Clone(disk.bytes)
			d, _ := start(t, blk.Config{Disk: disk, Serial: "SN-1", ReadOnly: tc.readOnly})
			got := d.Rings[0].Do(tc.request, tc.room)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("answer -want +got\n%s", diff)
			}
			d.Reset()
			if diff := cmp.Diff(tc.log, disk.log); diff != "" {
				t.Errorf("what the disk was asked for -want +got\n%s", diff)
			}
			if changed := !bytes.Equal(before, disk.bytes); changed != (len(tc.log) > 0 && tc.log[0] != "read" && tc.log[0] != "flush") {
				t.Errorf("disk changed: %v", changed)
			}
		})
	}
}

// A request in many pieces, as Linux makes them, with a header in two.
func TestPieces(t *testing.T) {
	disk := sectors(8)
	d, _ := start(t, blk.Config{Disk: disk})
	r := d.Rings[0]
	head, data, stat := d.Alloc(16), d.Alloc(2048), d.Alloc(1)
	copy(d.Bytes(head, 16), header(tOut, 2))
	for i := range 2048 {
		d.Bytes(data, 2048)[i] = byte(i / 100)
	}
	d.Bytes(stat, 1)[0] = 0xff
	want := bytes.Clone(d.Bytes(data, 2048))
	r.IndirectChain(0, out(head, 7), out(head+7, 9), out(data, 1), out(data+1, 1022), out(data+1023, 1025), in(stat, 1))
	r.Offer(0)
	r.Kick()
	if u := r.Await(); u.Written != 1 || d.Bytes(stat, 1)[0] != sOK || !bytes.Equal(disk.bytes[1024:3072], want) {
		t.Fatalf("write: %+v, status %d", u, d.Bytes(stat, 1)[0])
	}
	clear(d.Bytes(data, 2048))
	copy(d.Bytes(head, 16), header(tIn, 2))
	r.IndirectChain(0, out(head, 16), in(data, 3), in(data+3, 2045), in(stat, 1))
	r.Offer(0)
	r.Kick()
	if u := r.Await(); u.Written != 2049 || d.Bytes(stat, 1)[0] != sOK || !bytes.Equal(d.Bytes(data, 2048), want) {
		t.Fatalf("read: %+v, status %d", u, d.Bytes(stat, 1)[0])
	}
}

func out(addr uint64, n uint32) virtiotest.Buffer { return virtiotest.Buffer{Addr: addr, Len: n} }
func in(addr uint64, n uint32) virtiotest.Buffer {
	return virtiotest.Buffer{Addr: addr, Len: n, Writable: true}
}

// When writes are flushed (5.2.5.2, 5.2.6.2).
func TestWriteCache(t *testing.T) {
	write := join(header(tOut, 0), make([]byte, 512))
	cached, flushed := []string{"write"}, []string{"write", "flush"}
	const flush, wce = blk.FeatureFlush, blk.FeatureConfigWCE
	for _, tc := range []struct {
		name     string
		features uint64
		act      func(d *virtiotest.Driver)
		want     []string
	}{
		{"FLUSH", flush, func(*virtiotest.Driver) {}, cached},
		{"neither", 0, func(*virtiotest.Driver) {}, flushed},
		{"CONFIG_WCE", flush | wce, func(*virtiotest.Driver) {}, cached},
		{"CONFIG_WCE, off", flush | wce, func(d *virtiotest.Driver) { d.SetConfig(32, 1, 0) }, flushed},
		{"CONFIG_WCE, off and on", flush | wce, func(d *virtiotest.Driver) { d.SetConfig(32, 1, 0); d.SetConfig(32, 1, 1) }, cached},
		{"off, reset", flush | wce, func(d *virtiotest.Driver) {
			d.SetConfig(32, 1, 0)
			d.Reset()
			d.Start(flush | wce)
		}, cached},
	} {
		disk := sectors(1)
		d := virtiotest.New(t, newDevice(t, blk.Config{Disk: disk}))
		d.Start(tc.features)
		tc.act(d)
		d.Rings[0].Do(write, 1)
		d.Reset()
		if diff := cmp.Diff(tc.want, disk.log); diff != "" {
			t.Errorf("%s: -want +got\n%s", tc.name, diff)
		}
	}
}

// An error of the host is an error of the request, and one line for the user.
func TestHostFails(t *testing.T) {
	disk := sectors(8)
	var lines []string
	d, _ := start(t, blk.Config{Disk: disk, Name: "test.img", Log: virtiotest.Log(func(line string) { lines = append(lines, line) })})
	r := d.Rings[0]
	disk.fail = errors.New("no space left on device")
	for _, tc := range []struct {
		request []byte
		room    int
	}{
		{join(header(tOut, 1), make([]byte, 512)), 1}, {header(tIn, 0), 513}, {header(tFlush, 0), 1},
		{join(header(tDiscard, 0), segment(0, 1, 0)), 1}, {join(header(tWriteZeroes, 0), segment(0, 1, 0)), 1},
	} {
		if got := r.Do(tc.request, tc.room); len(got) != tc.room || got[tc.room-1] != sIOErr {
			t.Errorf("request % x: answer % x, want status 1", tc.request[:16], got)
		}
	}
	disk.fail = nil
	if got := r.Do(header(tFlush, 0), 1); got[0] != sOK {
		t.Errorf("after the failure: status %d", got[0])
	}
	if d.Status()&virtio.StatusNeedsReset != 0 {
		t.Error("the device needs a reset")
	}
	d.Reset()
	if want := []string{`msg="blk: the disk fails" disk=test.img err="write 0x200 bytes at 0x200: no space left on device"`}; !cmp.Equal(lines, want) {
		t.Errorf("lines %q, want %q", lines, want)
	}
}

// A disk that has become shorter fails beyond its end, and works before it.
func TestTruncated(t *testing.T) {
	disk := sectors(8)
	d, dev := start(t, blk.Config{Disk: disk})
	disk.bytes = disk.bytes[:1024]
	if got := d.Rings[0].Do(header(tIn, 1), 1025); got[1024] != sIOErr || !bytes.Equal(got[:1024], make([]byte, 1024)) {
		t.Errorf("read over the end: status %d, or bytes that are not zero", got[1024])
	}
	if got := d.Rings[0].Do(header(tIn, 1), 513); got[512] != sOK {
		t.Errorf("read before the end: status %d", got[512])
	}
	d.Acknowledge()
	if err := dev.SizeChanged(); err != nil || d.Config(0, 8) != 2 || d.Read(virtio.RegInterruptStatus) != 2 || d.Read(virtio.RegConfigGeneration) != 1 {
		t.Errorf("error %v, capacity %d, interrupt %d", err, d.Config(0, 8), d.Read(virtio.RegInterruptStatus))
	}
	d.Acknowledge()
	if dev.SizeChanged(); d.Line() {
		t.Error("an interrupt for the same size")
	}
	disk.bytes = append(disk.bytes, make([]byte, 4096+100)...)
	if err := dev.SizeChanged(); err != nil || d.Config(0, 8) != 10 {
		t.Errorf("error %v, capacity %d, want 10", err, d.Config(0, 8))
	}
	if got := d.Rings[0].Do(header(tIn, 9), 513); got[512] != sOK {
		t.Errorf("read of what is new: status %d", got[512])
	}
}

// Requests of one queue and of others go on while some wait for the disk.
func TestInParallel(t *testing.T) {
	disk := sectors(8)
	disk.block = make(chan struct{})
	d, _ := start(t, blk.Config{Disk: disk, Queues: 2})
	r := d.Rings[0]
	head, data := d.Alloc(16), d.Alloc(8*1024)
	copy(d.Bytes(head, 16), header(tIn, 0))
	for i := range 4 {
		r.Chain(2*i, out(head, 16), in(data+1024*uint64(i), 513))
		r.Offer(2 * i)
	}
	r.Kick()
	for i := range 2 {
		if got := flushAt(d, d.Rings[i], 100); got != sOK {
			t.Errorf("flush of queue %d: status %d", i, got)
		}
	}
	close(disk.block)
	for range 4 {
		r.Poll()
	}
}

// A reset waits for requests at the disk, and nothing is written after it.
func TestResetInFlight(t *testing.T) {
	disk := sectors(8)
	disk.block = make(chan struct{})
	d, _ := start(t, blk.Config{Disk: disk})
	r := d.Rings[0]
	head, data := d.Alloc(16), d.Alloc(1024)
	copy(d.Bytes(head, 16), header(tIn, 0))
	r.Chain(0, out(head, 8), out(head+8, 8), in(data, 256), in(data+256, 257)) // the disk is asked twice
	r.Offer(0)
	r.Kick()
	disk.block <- struct{}{} // it is at work
	done := make(chan struct{})
	go func() {
		d.Reset()
		close(done)
	}()
	select {
	case <-done:
		t.Error("the reset did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	if s := d.Status(); s == 0 {
		t.Error("Status is 0 while the device is at work")
	}
	close(disk.block)
	<-done
	clear(d.RAM)
	d.Start(virtiotest.AllFeatures)
	if got := d.Rings[0].Do(header(tIn, 7), 513); got[512] != sOK || got[0] != 8 {
		t.Errorf("after the reset: status %d, byte %d", got[512], got[0])
	}
}

// flushAt sends a flush on a queue, by a chain at a head of its own.
func flushAt(d *virtiotest.Driver, r *virtiotest.Ring, at int) byte {
	head, stat := d.Alloc(16), d.Alloc(1)
	copy(d.Bytes(head, 16), header(tFlush, 0))
	r.Chain(at, out(head, 16), in(stat, 1))
	r.Offer(at)
	r.Kick()
	r.Await()
	return d.Bytes(stat, 1)[0]
}
