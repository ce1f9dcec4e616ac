package rtc_test

import (
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// responses are the sizes of the responses of requests that succeed.
var responses = map[uint16]int{read: 16, readCross: 24, cfg: 16, clockCap: 16, crossCap: 16, readAlarm: 24, setAlarm: 8, setAlarmEnabled: 8}

// FuzzRequests sends requests: a byte that chooses the message and the sizes of the
// driver's buffers, and then the request. A second goroutine flips changes in them
// meanwhile. Each request comes back, without changes with a response as the
// specification has it. The alarmq has buffers of all sizes.
func FuzzRequests(f *testing.F) {
	f.Add([]byte{0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0x16, 1, 2, 3, 4}, []byte{})
	f.Add(append([]byte{6}, reqAlarm(0, 0, 1)...), []byte{})
	f.Add(append([]byte{0xf6}, reqAlarm(0, 0, 1)...), []byte{0, 1, 8, 16, 18})
	f.Fuzz(func(t *testing.T, ops, changes []byte) {
		d, _ := start(t, someTime, virtiotest.AllFeatures)
		for i := range 8 {
			d.Rings[1].Chain(i, virtiotest.Buffer{Addr: d.Alloc(16), Len: uint32(4 * (i + 1)), Writable: true})
			d.Rings[1].Offer(i)
		}
		messages := []uint16{read, readCross, cfg, clockCap, crossCap, readAlarm, setAlarm, setAlarmEnabled}
		at, answer := d.Alloc(24), d.Alloc(24)
		stop := virtiotest.Disturb(changes, func(i int, c byte) { d.RAM[at-virtiotest.RAMBase+uint64(c%24)] ^= 1 << (i % 8) })
		defer stop()
		for len(ops) > 0 {
			room, message := int(ops[0]>>3), messages[ops[0]&7]
			body := make([]byte, 24)
			n := copy(body[2:], ops[1:])
			ops = ops[1+n:]
			body[0], body[1] = byte(message), byte(message>>8)
			copy(d.Bytes(at, 24), body)
			size := min(24, 2+n)
			r := d.Rings[0]
			r.Chain(0, virtiotest.Buffer{Addr: at, Len: uint32(size)}, virtiotest.Buffer{Addr: answer, Len: uint32(min(room, 24)) + 1, Writable: true})
			r.Offer(0)
			r.Kick()
			u := r.Await()
			status := d.Bytes(answer, 1)[0]
			switch {
			case u.Written < 1 || u.Written > 24 || !slices.Contains([]byte{0, 2, 3, 4}, status):
				t.Fatalf("message 0x%x: %d bytes with status %d", message, u.Written, status)
			case len(changes) == 0 && status == 0 && int(u.Written) != responses[message]:
				t.Fatalf("message 0x%x: %d bytes, want %d", message, u.Written, responses[message])
			case status != 0 && u.Written > 8:
				t.Fatalf("message 0x%x: %d bytes with status %d", message, u.Written, status)
			}
		}
		if s := d.Status(); s&virtio.StatusNeedsReset != 0 {
			t.Fatalf("status %v, log %q", s, d.LastLog())
		}
	})
}
