package hostile

import (
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// The sandbox of an attack on the virtio devices:
//
//	0x00c0_0000  rings: 64 KiB for each device, 8 KiB for each of its queues
//	0x00d0_0000  buffers of all devices but the balloon, to read and to write
//	0x00df_0000  buffers of the balloon: the numbers of pages that it may take away. No device writes here.
const (
	ringsAt   = sandboxAt
	ringSize  = 0x2000
	availOff  = 0x1000
	usedOff   = 0x1800
	buffersAt = sandboxAt + 0x10_0000
	pagesAt   = sandboxAt + 0x1f_0000

	ringLength = 64 // descriptors; fewer or more are set at times
	ringQueues = 8  // of a device, at most
)

// queuesOf is how many queues a device has.
var queuesOf = [slots]int{slotDisk: 1, slotNet: 2, slotRNG: 1, slotRTC: 2, slotVsock: 3, slotBalloon: 5, slotConsole: 8, slotFS: 2}

// rings are guests whose two CPUs both write random descriptors, indexes and registers to all virtio devices.
func rings(guests, steps int) (attacks []Attack) {
	for i := range guests {
		attacks = append(attacks, Attack{
			Name: "hostile rings, seed " + string(rune('A'+i)), vcpus: 2, gic: 2 + i%2,
			guest: func() *guest {
				return newGuest(func(g *guest) { g.attackDevices(rand.New(rand.NewPCG(uint64(i), 2)), steps) })
			},
			check: func(t testing.TB, r results) { r.none(t) },
		})
	}
	return attacks
}

func (g *guest) attackDevices(r *rand.Rand, steps int) {
	g.data = append(g.data, piece{ringsAt, randomRings(r)}, piece{buffersAt, randomBuffers(r)})
	peer := g.aside(func() {
		g.start()
		for range steps / 2 {
			g.ringStep(r)
		}
		g.call(psciCPUOff)
	})
	for slot := range slots {
		g.bringUp(r, slot)
	}
	g.call(psciCPUOn, 1, peer, 0)
	for range steps {
		g.ringStep(r)
	}
	again := g.here()
	g.call(psciAffinityInfo, 1, 0)
	g.emit(subImm(0, 0, 1)) // 1 is off
	g.emit(cbnz(0, g.back(again)))
}

// ringStep does one thing to one device.
func (g *guest) ringStep(r *rand.Rand) {
	slot := r.IntN(slots)
	base, ring := boot.VirtioSlotBase(slot), ringAt(slot, r.IntN(queuesOf[slot]))
	switch n := r.IntN(100); {
	case n < 6:
		g.bringUp(r, slot)
	case n < 30: // offer some chains, and say so
		g.store(2, ring+availOff+2, r.Uint64N(256))
		g.store(4, base+virtio.RegQueueNotify, r.Uint64N(uint64(queuesOf[slot])))
	case n < 35:
		g.store(2, ring+availOff+2, r.Uint64()&0xffff)
	case n < 45:
		g.store(2, ring+availOff+4+2*r.Uint64N(ringLength), r.Uint64N(ringLength+1))
	case n < 65:
		d := randomDescriptor(r, slot)
		at := ring + 16*r.Uint64N(ringLength)
		g.store(8, at, d[0])
		g.store(8, at+8, d[1])
	case n < 70:
		g.store(4, buffersAt+r.Uint64N(pagesAt-buffersAt)&^3, uint64(randomWord(r)))
	case n < 80:
		g.store(4, base+registers[r.IntN(len(registers))], randomValue(r))
	case n < 85:
		g.store(4, base+virtio.RegConfig+r.Uint64N(0x40)&^3, randomValue(r))
	case n < 88:
		g.store(4, base+virtio.RegStatus, 0)
	case n < 94:
		g.store(4, base+virtio.RegQueueNotify, randomValue(r))
	default:
		g.load(4, base+registers[r.IntN(len(registers))])
		g.store(4, base+virtio.RegInterruptACK, 3)
	}
}

// registers are those that a driver writes.
var registers = []uint64{
	virtio.RegDeviceFeaturesSel, virtio.RegDriverFeatures, virtio.RegDriverFeaturesSel, virtio.RegQueueSel, virtio.RegQueueSize,
	virtio.RegQueueReady, virtio.RegQueueNotify, virtio.RegInterruptACK, virtio.RegStatus, virtio.RegQueueDescLow,
	virtio.RegQueueDescHigh, virtio.RegQueueDriverLow, virtio.RegQueueDriverHigh, virtio.RegQueueDeviceLow,
	virtio.RegQueueDeviceHigh, virtio.RegSHMSel, virtio.RegQueueReset,
}

func randomValue(r *rand.Rand) uint64 {
	return []uint64{0, 1, 2, 15, 128, 0xffff, 0xffff_ffff, ramEnd - 16, ramEnd, boot.UARTBase, r.Uint64() & 0xffff_ffff}[r.IntN(11)]
}

func ringAt(slot, queue int) uint64 { return ringsAt + uint64(slot)<<16 + uint64(queue)*ringSize }

// bringUp takes a device to DRIVER_OK with all features that it offers, and with rings that are where they should be,
// mostly.
func (g *guest) bringUp(r *rand.Rand, slot int) {
	base := boot.VirtioSlotBase(slot)
	write := func(off, v uint64) { g.store(4, base+off, v) }
	for _, status := range []uint64{0, 1, 3} {
		write(virtio.RegStatus, status)
	}
	for half := range uint64(2) {
		write(virtio.RegDeviceFeaturesSel, half)
		write(virtio.RegDriverFeaturesSel, half)
		g.load(4, base+virtio.RegDeviceFeatures)
		g.mov(3, base+virtio.RegDriverFeatures)
		g.emit(str(4, 1, 3))
	}
	write(virtio.RegStatus, 11)
	for queue := range queuesOf[slot] {
		desc, size := ringAt(slot, queue), uint64(ringLength)
		avail, used := desc+availOff, desc+usedOff
		switch r.IntN(10) {
		case 0:
			size = []uint64{0, 3, 1, 128, 1 << 15, 0xffff}[r.IntN(6)]
		case 1:
			used = []uint64{desc, avail, ramEnd - 64, ramEnd, boot.UARTBase, ^uint64(7)}[r.IntN(6)] &^ 7
		case 2:
			desc = []uint64{used &^ 0xf, ramEnd - 16*ringLength, ramEnd - 16, boot.GICDBase, 1 << 40, ^uint64(15)}[r.IntN(6)]
		}
		g.queueRegisters(slot, uint64(queue), size, desc, avail, used)
	}
	write(virtio.RegStatus, 15)
}

// randomRings are descriptors for all queues, and heads in order.
func randomRings(r *rand.Rand) []byte {
	all := make([]byte, slots<<16)
	for slot := range slots {
		for queue := range ringQueues {
			ring := all[ringAt(slot, queue)-ringsAt:]
			for i := range ringLength {
				d := randomDescriptor(r, slot)
				copy(ring[16*i:], bytesOf64(d[:]))
				ring[availOff+4+2*i] = byte(i)
			}
		}
	}
	return all
}

// randomDescriptor is the two doublewords of a descriptor.
func randomDescriptor(r *rand.Rand, slot int) [2]uint64 {
	addr := buffersAt + r.Uint64N(pagesAt-buffersAt-0x1000)&^3
	if slot == slotBalloon {
		addr = pagesAt + r.Uint64N(0xf000)&^3
	}
	if r.IntN(12) == 0 {
		addr = []uint64{ramEnd - 8, ramEnd - 1, ramEnd, boot.UARTBase, boot.VirtioSlotBase(slot), 1 << 40, ^uint64(7), ^uint64(0)}[r.IntN(8)]
	}
	const next, write, indirect = 1, 2, 4
	size := []uint64{0, 1, 4, 8, 12, 16, 24, 40, 44, 64, 80, 512, 0x800, 1 << 20, 1 << 31, 0xffff_ffff}[r.IntN(16)]
	flags := uint64(0)
	if r.IntN(5) < 3 {
		flags |= next
	}
	if slot != slotBalloon && r.IntN(2) == 0 {
		flags |= write
	}
	if r.IntN(16) == 0 {
		flags = indirect
	}
	if r.IntN(64) == 0 {
		flags = r.Uint64() & 0xffff &^ write
	}
	return [2]uint64{addr, r.Uint64N(ringLength+1)<<48 | flags<<32 | size}
}

// randomBuffers are what the devices read.
func randomBuffers(r *rand.Rand) []byte {
	var words []uint32
	for range (sandboxAt + sandboxSize - buffersAt) / 4 {
		words = append(words, randomWord(r))
	}
	return bytesOf(words)
}

// randomWord is a small number mostly: a type, a length. As the number of a page it is none of the guest's code.
func randomWord(r *rand.Rand) uint32 {
	switch r.IntN(16) {
	case 0:
		return 0xffff_ffff
	case 1:
		return 1<<24 | r.Uint32()
	case 2:
		return chaosPages>>12 + r.Uint32N(16)
	}
	return r.Uint32N(64)
}
