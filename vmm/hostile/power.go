package hostile

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// The tables that the CPUs of a PSCI race choose from, of 16 words each. They lie between the image's header and the
// vectors.
const (
	functionsAt = imageBase + 0x200
	targetsAt   = imageBase + 0x280
	entriesAt   = imageBase + 0x300
	saferAt     = imageBase + 0x380 // functions that CPU 0 may call, which must get to the end
)

// races are four CPUs that switch each other on at good and bad addresses, and themselves off, until CPU 0 resets the
// machine in the middle of it.
func races(resets, calls uint64) []Attack {
	return []Attack{{
		Name: "PSCI races", vcpus: 4, gic: 3, resets: resets,
		guest: func() *guest { return newGuest(func(g *guest) { g.race(calls) }) },
		check: func(testing.TB, results) {}, // the machine that is looked at is a new one
	}}
}

func (g *guest) race(calls uint64) {
	racer := g.aside(func() { // X0 is a seed
		g.emit(movReg(20, 0), orr(20, 20, 20), addImm(20, 20, 1))
		g.start()
		again := g.here()
		g.randomCall(functionsAt)
		g.emit(b(g.back(again)))
	})
	off, on, info := uint64(psciCPUOff), uint64(psciCPUOn), uint64(psciAffinityInfo)
	const noReset, unknown, unknown64 = psciSystemReset2, 0x8400_0050, 0xc600_0001
	g.data = append(g.data,
		piece{functionsAt, bytesOf64([]uint64{on, on, on, on, on, on, on, off, off, off, info, info, on, noReset, unknown, unknown64})},
		piece{saferAt, bytesOf64([]uint64{on, on, on, on, on, on, on, on, info, info, info, info, on, noReset, unknown, unknown64})},
		// None is a type of reset that SYSTEM_RESET2 has.
		piece{targetsAt, bytesOf64([]uint64{1, 2, 3, 1, 2, 3, 1, 2, 3, 1 << 31, 1 << 16, 0x100, 1<<31 | 1, 1 << 40, 1<<24 | 1, ^uint64(0)})},
		piece{entriesAt, bytesOf64([]uint64{
			racer, racer, racer, racer, racer, racer, racer + 1, racer + 2, 0, sandboxAt, ramEnd - 4, ramEnd - 2, ramEnd,
			boot.UARTBase, 0x7000_0000, 1<<63 | racer,
		})},
	)
	g.mov(20, 0x2545_f491_4f6c_dd1d)
	g.repeat(22, calls, func() { g.randomCall(saferAt) })
	g.call(psciSystemReset)
}

// randomCall makes a call with random arguments. X20 has the random numbers.
func (g *guest) randomCall(functions uint64) {
	g.random(20)
	g.mov(4, 15)
	for i, table := range []uint64{functions, targetsAt, entriesAt} {
		g.mov(5, table)
		g.emit(lsr(6, 20, uint32(8*i+8)), and(6, 6, 4), ldrIndex(uint32(i), 5, 6))
	}
	g.emit(movReg(3, 20), hvc)
}

// storms are guests that do nothing but reset the machine: four CPUs at once, with requests in flight.
func storms(resets uint64) []Attack {
	return []Attack{{
		Name: "reset storm", vcpus: 4, gic: 3, resets: resets,
		guest: func() *guest { return newGuest((*guest).resetAtOnce) },
		check: func(t testing.TB, r results) { r.none(t) },
	}}
}

// resetAtOnce has the disk and the source of entropy write to memory while all CPUs reset the machine, in different ways.
func (g *guest) resetAtOnce() {
	resetter := g.aside(func() {
		g.call(psciSystemReset)
	})
	for _, slot := range []int{slotDisk, slotRNG} {
		ring := uint64(sandboxAt + slot<<16)
		g.queue(slot, 0, 4, ring, ring+0x100, ring+0x200)
		g.store(8, ring, ring+0x400)
		g.store(8, ring+8, 1<<48|1<<32|16)
		g.store(8, ring+16, ring+0x1000)
		g.store(8, ring+24, 2<<48|3<<32|2048)
		g.store(8, ring+32, ring+0x410)
		g.store(8, ring+40, 2<<32|1)
		if slot == slotRNG { // one buffer
			g.store(8, ring, ring+0x1000)
			g.store(8, ring+8, 2<<32|0x8000)
		}
		g.store(8, ring+0x100, 1<<16)
		g.emit(dsb)
		g.store(4, boot.VirtioSlotBase(slot)+virtio.RegQueueNotify, 0)
	}
	for cpu := range uint64(3) {
		g.call(psciCPUOn, cpu+1, resetter, 0)
	}
	g.call(psciSystemReset2, 0, 0)
}
