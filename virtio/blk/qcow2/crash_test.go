package qcow2

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// crashWorker changes every stride-th cluster of a disk, and knows what it did.
type crashWorker struct {
	d      *model
	first  int // of its clusters
	stride int
	done   []crashStep
}

// crashStep is one thing that a worker did: it changed a cluster, or it flushed. A
// flush notes how many changes the file had seen when it returned.
type crashStep struct {
	cluster int
	version uint64 // of all its sectors; 0: zeros, or what was there if it was discarded
	discard bool
	flushed int // changes; 0: no flush
}

func (w *crashWorker) run(r *rand.Rand, steps int) {
	cluster := int64(w.d.m.cluster)
	for i := range steps {
		s := crashStep{cluster: r.IntN(len(w.d.want)/int(cluster)/w.stride)*w.stride + w.first}
		off := int64(s.cluster) * cluster
		var err error
		switch r.IntN(6) {
		case 0:
			err = w.d.m.Flush()
			w.d.file.mu.Lock()
			s.flushed = len(w.d.file.journal)
			w.d.file.mu.Unlock()
		case 1:
			s.discard = true
			err = w.d.m.Discard(off, cluster)
		case 2:
			err = w.d.m.WriteZeroes(off, cluster, i&1 == 0)
		default:
			s.version = uint64(w.first+1)<<32 | uint64(i+1)
			b := make([]byte, cluster)
			for k := 0; k < len(b); k += 8 {
				binary.LittleEndian.PutUint64(b[k:], s.version)
			}
			_, err = w.d.m.WriteAt(b, off)
		}
		if err != nil {
			w.d.t.Errorf("step %+v: %v", s, err)
		}
		w.done = append(w.done, s)
	}
}

// check checks this worker's clusters of a disk, after some changes of the file.
func (w *crashWorker) check(t *testing.T, disk []byte, changes int) {
	t.Helper()
	last := 0 // steps that were flushed
	for i, s := range w.done {
		if s.flushed > 0 && s.flushed <= changes {
			last = i
		}
	}
	cluster := int(w.d.m.cluster)
	may := map[int][]uint64{}
	for i, s := range w.done {
		switch {
		case s.flushed > 0:
		case i < last && !s.discard:
			may[s.cluster] = []uint64{s.version}
		default:
			if may[s.cluster] == nil { // nobody else has changed what is wanted of it
				may[s.cluster] = []uint64{binary.LittleEndian.Uint64(w.d.want[s.cluster*cluster:])}
			}
			may[s.cluster] = append(may[s.cluster], s.version)
		}
	}
	for c, versions := range may {
		for k := 0; k < cluster; k += sector {
			if v := binary.LittleEndian.Uint64(disk[c*cluster+k:]); !slices.Contains(versions, v) {
				t.Fatalf("after change %d: cluster %d has 0x%x, want one of 0x%x", changes, c, v, versions)
			}
		}
	}
}

// Several workers change a disk and flush at once. A crash after any change of the
// file leaves no damage, and loses nothing that a worker had flushed.
func TestCrashConcurrent(t *testing.T) {
	const workers, steps = 4, 60
	for _, o := range []recipe{
		{version: 3, bits: 9, order: 4, size: 128 * sector},
		{version: 3, bits: 9, order: 3, size: 128 * sector, content: true, snapshot: true},
	} {
		d := newModel(t, o)
		start := bytes.Clone(d.file.b)
		d.file.keep = true
		var all []*crashWorker
		var wg sync.WaitGroup
		for i := range workers {
			w := &crashWorker{d: d, first: i, stride: workers}
			all = append(all, w)
			wg.Go(func() { w.run(rand.New(rand.NewPCG(uint64(i), 8)), steps) })
		}
		wg.Wait()
		r := rand.New(rand.NewPCG(1, 2))
		disk := make([]byte, o.size)
		for n := 0; n <= len(d.file.journal); n++ {
			for _, b := range [][]byte{afterKill(start, d.file.journal[:n]), afterPowerLoss(start, d.file.journal[:n], r)} {
				if wrong, _ := check(b); len(wrong) > 0 {
					t.Fatalf("%v: after change %d: %q", o, n, wrong)
				}
				d.checkSnapshot(b)
				if _, err := openMem(t, newMemFile(b), nil).ReadAt(disk, 0); err != nil {
					t.Fatal(err)
				}
				for _, w := range all {
					w.check(t, disk, n)
				}
			}
		}
		if err := d.m.Close(); err != nil {
			t.Fatal(err)
		}
		if wrong, leaks := check(d.file.b); len(wrong) > 0 || leaks > 0 {
			t.Errorf("%v: %q, %d leaks", o, wrong, leaks)
		}
	}
}
