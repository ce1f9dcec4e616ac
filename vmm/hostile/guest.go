package hostile

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// Registers that the vectors use. An attack leaves them alone.
const (
	xOutcome = 24 // address of the byte that the class of an exception goes to
	xCounts  = 26 // address of the counts
	// X28 and X29 are scratch.
)

// xReturn is where the guest goes on after a failed fetch. What it has executed may have changed any X register.
const xReturn = aarch64.TPIDR_EL1

// trapped is added to the class in an outcome, which is 0 if there was no exception.
const trapped = 0x40

// Functions of PSCI (DEN0022 5.1).
const (
	psciCPUOff       = 0x8400_0002
	psciCPUOn        = 0xc400_0003
	psciAffinityInfo = 0xc400_0004
	psciSystemOff    = 0x8400_0008
	psciSystemReset  = 0x8400_0009
	psciSystemReset2 = 0xc400_0012
)

const (
	daifMasked = 15 << aarch64.PSTATE_DAIF
	statusAt   = imageBase + 0x100 // sink of outcomes that no attack looks at
)

// vectors are the guest's exception vectors. The class of a synchronous exception is noted, and the guest goes on behind
// the instruction. After an SVC it goes on at EL1. After a failed fetch it goes on at xReturn, and if it lives in the
// upper half also after any exception in the lower one. Interrupts are masked.
func vectors(upper bool) []byte {
	var sync, interrupt program
	sync.emit(mrs(28, aarch64.ESR_EL1), lsr(28, 28, 26))
	sync.emit(ldrIndex(29, xCounts, 28), addImm(29, 29, 1), strIndex(29, xCounts, 28))
	sync.emit(addImm(29, 28, trapped), str(1, 29, xOutcome))
	sync.emit(subImm(29, 28, uint32(aarch64.ECSVC64)))
	supervisor := sync.skip()
	sync.emit(lsr(29, 28, 2), subImm(29, 29, uint32(aarch64.ECInstrAbortLower)>>2)) // 0x20 to 0x23: fetches, and their alignment
	fetch := sync.skip()
	sync.emit(mrs(28, aarch64.ELR_EL1))
	if upper {
		sync.emit(tbz(28, 63, 4*4)) // to where a failed fetch goes on
	}
	sync.emit(addImm(28, 28, 4), msr(aarch64.ELR_EL1, 28), eret)
	sync.land(fetch, func(d int) uint32 { return cbz(29, d) })
	sync.emit(mrs(28, xReturn), msr(aarch64.ELR_EL1, 28), eret)
	sync.land(supervisor, func(d int) uint32 { return cbz(29, d) })
	sync.emit(movz(28, daifMasked|aarch64.PSTATE_EL1h, 0), msr(aarch64.SPSR_EL1, 28), eret)

	interrupt.emit(mrs(28, aarch64.SPSR_EL1), movz(29, daifMasked, 0), orr(28, 28, 29), msr(aarch64.SPSR_EL1, 28), eret)

	all := make([]byte, 0x800)
	for v := range 16 {
		handler := interrupt
		if v%4 == 0 {
			handler = sync
		}
		copy(all[0x80*v:], bytesOf(handler.words))
	}
	return all
}

// guest is a program in the making, with the frame that every attack has.
type guest struct {
	program
	data []piece
}

// newGuest is a guest that attacks if its disk says so, and then proves that the machine works.
func newGuest(attack func(g *guest)) *guest {
	g := &guest{program: program{base: codeAt}, data: []piece{{vectorsAt, vectors(false)}}}
	g.start()
	peer := g.aside(func() { // CPU 1: show the context, and go
		g.mov(3, resultsAt+contextAt)
		g.emit(str(8, 0, 3))
		g.call(psciCPUOff)
	})
	g.disk(false, 0, questionAt, sector)
	g.load(8, questionAt+8)
	attacks := g.skip()
	toProof := g.skip()
	g.land(attacks, func(d int) uint32 { return cbnz(1, d) })
	g.say(begin)
	attack(g)
	g.land(toProof, b)
	g.prove(peer)
	return g
}

// start sets what every CPU needs: the vectors with their registers, and the SIMD registers.
func (g *guest) start() {
	g.setSys(aarch64.VBAR_EL1, vectorsAt)
	g.setSys(aarch64.CPACR_EL1, 3<<20)
	g.mov(xOutcome, statusAt)
	g.mov(xCounts, resultsAt+countsAt)
	g.emit(isb)
}

// aside writes a part that the guest jumps over, and returns its address.
func (g *guest) aside(part func()) (at uint64) {
	over := g.skip()
	at = g.here()
	part()
	g.land(over, b)
	return at
}

// prove has the machine do what a machine does, and switches it off.
func (g *guest) prove(peer uint64) {
	for slot := range slots {
		g.store(4, boot.VirtioSlotBase(slot)+virtio.RegStatus, 0)
	}
	g.load(8, questionAt)
	g.mov(2, secret)
	g.emit(eorLSL(1, 1, 2, 0))
	g.mov(3, resultsAt+answerAt)
	g.emit(str(8, 1, 3))
	g.call(psciCPUOn, 1, peer, peerContext)
	g.await(8, resultsAt+contextAt, cbz)
	g.disk(true, resultsSector, resultsAt, outcomesAt+maxOutcomes)
	g.store(4, boot.VirtioSlotBase(slotDisk)+virtio.RegStatus, 0)
	g.say(end)
	g.call(psciSystemOff)
}

// await reads until it is no longer true that the value is zero, with cbz, or that it is not, with cbnz.
func (p *program) await(size uint32, addr uint64, while func(rt uint32, distance int) uint32) {
	p.mov(3, addr)
	again := p.here()
	p.emit(ldr(size, 1, 3))
	p.emit(while(1, p.back(again)))
}

// What the guest says on its UART.
const (
	begin = "hostile guest: begin\n"
	end   = "hostile guest: end\n"
)

// Registers of the PL011 (DDI 0183 3.2), and bits of them.
const (
	uartDR, uartFR, uartLCRH, uartCR, uartIMSC = 0x00, 0x18, 0x2c, 0x30, 0x38

	uartTXFF         = 5           // bit of UARTFR
	uart8Bits        = 3 << 5      // of UARTLCR_H
	uartEnableBothTX = 3<<8 | 1<<0 // of UARTCR: UARTEN, TXE, RXE
)

// say sends a line, whatever state the UART is in.
func (g *guest) say(line string) {
	g.store(4, boot.UARTBase+uartIMSC, 0)
	g.store(4, boot.UARTBase+uartLCRH, uart8Bits)
	g.store(4, boot.UARTBase+uartCR, uartEnableBothTX)
	for _, c := range []byte(line) {
		g.mov(3, boot.UARTBase+uartFR)
		again := g.here()
		g.emit(ldr(4, 1, 3))
		g.emit(tbnz(1, uartTXFF, g.back(again)))
		g.store(4, boot.UARTBase+uartDR, uint64(c))
	}
}

// The disk begins with what the guest is asked: a number whose answer is that number with secret flipped, and whether
// to attack. The results are behind them.
const (
	sector        = 512
	resultsSector = 8
	diskSize      = resultsSector*sector + outcomesAt + maxOutcomes
	questionAt    = diskAt + 0x1000 // where the guest has them

	secret      = 0x5eed_0f90_35e1_d000
	peerContext = 0xc0_37e8
)

// disk reads or writes a part of the disk: one request of a driver that has just begun.
func (g *guest) disk(write bool, at, data uint64, size uint32) {
	const descAt, availAt, usedAt, headerAt, doneAt = diskAt, diskAt + 0x100, diskAt + 0x200, diskAt + 0x300, diskAt + 0x310
	const next, writable = 1, 2 // flags of a descriptor
	kind, flags := uint64(0), uint64(next|writable)
	if write {
		kind, flags = 1, next
	}
	for _, w := range []struct{ at, v uint64 }{
		{headerAt, kind}, {headerAt + 8, at},
		{descAt, headerAt}, {descAt + 8, 1<<48 | next<<32 | 16},
		{descAt + 16, data}, {descAt + 24, 2<<48 | flags<<32 | uint64(size)},
		{descAt + 32, doneAt}, {descAt + 40, writable<<32 | 1},
		{usedAt, 0}, {availAt, 0}, // before DRIVER_OK, when the device begins to look
	} {
		g.store(8, w.at, w.v)
	}
	g.queue(slotDisk, 0, 4, descAt, availAt, usedAt)
	g.store(2, availAt+2, 1) // idx; ring[0] is 0
	g.emit(dsb)
	g.store(4, boot.VirtioSlotBase(slotDisk)+virtio.RegQueueNotify, 0)
	g.await(2, usedAt+2, cbz)
	g.emit(dsb)
}

// queue takes a device from reset to DRIVER_OK, with one queue.
func (g *guest) queue(slot int, index, size, desc, avail, used uint64) {
	base := boot.VirtioSlotBase(slot)
	for _, w := range []struct{ off, v uint64 }{
		{virtio.RegStatus, 0}, {virtio.RegStatus, 1}, {virtio.RegStatus, 3},
		{virtio.RegDriverFeaturesSel, 0}, {virtio.RegDriverFeatures, 0},
		{virtio.RegDriverFeaturesSel, 1}, {virtio.RegDriverFeatures, virtio.FeatureVersion1 >> 32}, {virtio.RegStatus, 11},
	} {
		g.store(4, base+w.off, w.v)
	}
	g.queueRegisters(slot, index, size, desc, avail, used)
	g.store(4, base+virtio.RegStatus, 15)
}

// queueRegisters writes all registers of a queue.
func (g *guest) queueRegisters(slot int, index, size, desc, avail, used uint64) {
	for _, w := range []struct{ off, v uint64 }{
		{virtio.RegQueueSel, index}, {virtio.RegQueueSize, size},
		{virtio.RegQueueDescLow, desc & 0xffff_ffff}, {virtio.RegQueueDescHigh, desc >> 32},
		{virtio.RegQueueDriverLow, avail & 0xffff_ffff}, {virtio.RegQueueDriverHigh, avail >> 32},
		{virtio.RegQueueDeviceLow, used & 0xffff_ffff}, {virtio.RegQueueDeviceHigh, used >> 32},
		{virtio.RegQueueReady, 1},
	} {
		g.store(4, boot.VirtioSlotBase(slot)+w.off, w.v)
	}
}
