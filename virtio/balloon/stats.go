package balloon

import (
	"context"
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Tag says what a statistic is (5.5.6.3).
type Tag uint16

const (
	TagSwapIn           Tag = 0 // bytes
	TagSwapOut          Tag = 1 // bytes
	TagMajorFaults      Tag = 2
	TagMinorFaults      Tag = 3
	TagFree             Tag = 4 // bytes of memory
	TagTotal            Tag = 5 // bytes of memory
	TagAvailable        Tag = 6 // bytes, without pushing to swap
	TagCaches           Tag = 7 // bytes of disk caches
	TagHugePageAllocs   Tag = 8
	TagHugePageFailures Tag = 9
	TagOOMKills         Tag = 10
	TagAllocStalls      Tag = 11
	TagAsyncScans       Tag = 12
	TagDirectScans      Tag = 13
	TagAsyncReclaims    Tag = 14
	TagDirectReclaims   Tag = 15
	tags                int = 16
)

// Stats has the statistics of the driver by tag; Has says which ones it has given.
type Stats struct {
	Value [tags]uint64
	has   uint16
}

// Has reports whether the driver has given a value for tag.
func (s *Stats) Has(tag Tag) bool { return int(tag) < tags && s.has>>tag&1 != 0 }

// Stats asks the guest for its statistics and returns them. The only error is the one
// of ctx: if there is no driver, or it has not accepted FeatureStats, no answer comes.
func (d *Device) Stats(ctx context.Context) (Stats, error) {
	d.mu.Lock()
	fresh := d.fresh
	d.mu.Unlock()
	select {
	case d.refresh <- struct{}{}:
	default:
	}
	select {
	case <-fresh:
	case <-ctx.Done():
		return Stats{}, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats, nil
}

// collect reads statistics. The driver always leaves a buffer with the device; the
// device asks for new statistics by giving it back.
func (d *Device) collect(ctx context.Context, q *virtio.Queue) {
	var c virtio.Chain
	for q.Next(ctx, &c) {
		s := parseStats(&c.Readable)
		d.mu.Lock()
		d.stats = s
		close(d.fresh)
		d.fresh = make(chan struct{})
		d.mu.Unlock()
		select {
		case <-d.refresh:
			q.Push(&c, 0)
		case <-ctx.Done():
		}
	}
}

// statSize is the size of a tag and a value, packed, in bytes.
const statSize = 10

func parseStats(b *virtio.Buffers) (s Stats) {
	for range 4 * tags { // a longer list only repeats tags
		var p [statSize]byte
		if b.CopyOut(p[:]) < statSize {
			break
		}
		if tag := int(binary.LittleEndian.Uint16(p[:])); tag < tags {
			s.Value[tag] = binary.LittleEndian.Uint64(p[2:])
			s.has |= 1 << tag
		}
	}
	return s
}
