// Package bare makes guests for tests that need no operating system: a kernel that follows a list of steps. A step stores
// a word to memory or to a register of a device, waits until a word has a value, or copies a byte. The rest is made of
// these: text on the console, a driver for virtio devices. Such a guest is there a few milliseconds after the machine is.
//
//	k := bare.New()
//	k.Say("press a key")
//	k.Key()
//	k.PowerOff()
//	file := boot.File{Name: "bare", Data: k.Image()}
package bare

import (
	"encoding/binary"
	"slices"

	"github.com/miniboot-vmm/miniboot/boot"
)

// Where things are in guest physical memory: the kernel wants to be at imageBase, and its data follows.
const (
	imageBase = 0x20_0000
	dataBase  = imageBase + 1<<20
	imageSize = 2 << 20 // with the data
)

// code is the kernel. A step is four words: operation, address, mask or second address, value.
// The machine has to have a GICv3.
var code = []uint32{
	0x52801fe0, // mov w0, #0xff
	0xd5184600, // msr icc_pmr_el1, x0
	0x52800020, // mov w0, #1
	0xd518cce0, // msr icc_igrpen1_el1, x0
	0x10000394, // adr x20, steps
	0x28c12e8a, // next: ldp w10, w11, [x20], #8
	0x28c1368c, // ldp w12, w13, [x20], #8
	0x340002aa, // cbz w10, call
	0x7100095f, // cmp w10, #2
	0x540000c3, // b.lo store
	0x540000e0, // b.eq await
	0x3940018e, // copy: ldrb w14, [x12]
	0x0b0d01ce, // add w14, w14, w13
	0xb900016e, // str w14, [x11]
	0x17fffff7, // b next
	0xb900016d, // store: str w13, [x11]
	0x17fffff5, // b next
	0xb940016e, // await: ldr w14, [x11]
	0x0a0c01ce, // and w14, w14, w12
	0x6b0d01df, // cmp w14, w13
	0x54fffe20, // b.eq next
	0xd53be041, // mrs x1, cntvct_el0: sleep for 4,096 ticks
	0x91400421, // add x1, x1, #1, lsl #12
	0xd51be341, // msr cntv_cval_el0, x1
	0x52800022, // mov w2, #1
	0xd51be322, // msr cntv_ctl_el0, x2
	0xd503207f, // wfi
	0x17fffff6, // b await
	0x2a0d03e0, // call: mov w0, w13
	0xd4000002, // hvc #0
	0x14000000, // b .
	0xd503201f, // nop
	// steps:
}

// Operations of a step.
const (
	opCall uint32 = iota
	opStore
	opAwait
	opCopy
)

// Functions of PSCI (DEN0022).
const (
	systemOff   = 0x8400_0008
	systemReset = 0x8400_0009
)

// Registers of a GICv3 (IHI 0069), and the virtual timer's INTID.
const (
	gicdCTLR       = boot.GICDBase
	gicrSGI        = boot.GICRBase + 0x1_0000 // the second frame
	gicrIGROUPR0   = gicrSGI + 0x080
	gicrISENABLER0 = gicrSGI + 0x100

	virtualTimer = 27
)

// Registers of the UART (DDI 0183), and bits of UARTFR.
const (
	uartDR = boot.UARTBase + 0x000
	uartFR = boot.UARTBase + 0x018

	receiveEmpty = 1 << 4
	transmitFull = 1 << 5
)

// Kernel is a guest in the making: each method appends steps.
type Kernel struct {
	steps []uint32
	free  uint64 // the next free byte of memory
}

// New returns a kernel whose last step has to be PowerOff or Reset. Its first steps make the virtual timer wake the CPU
// from the sleep of Await. The interrupt is never taken: it is masked in PSTATE.
func New() *Kernel {
	k := &Kernel{free: dataBase}
	k.Store(gicdCTLR, 1<<4|1<<1) // ARE, EnableGrp1
	k.Store(gicrIGROUPR0, 1<<virtualTimer)
	k.Store(gicrISENABLER0, 1<<virtualTimer)
	return k
}

func (k *Kernel) step(op uint32, addr uint64, mask, value uint32) {
	k.steps = append(k.steps, op, uint32(addr), mask, value)
}

// Store stores a word. All addresses are below 4 GiB.
func (k *Kernel) Store(addr uint64, value uint32) { k.step(opStore, addr, 0, value) }

// Await waits until the bits of mask in a word are those of value.
func (k *Kernel) Await(addr uint64, mask, value uint32) { k.step(opAwait, addr, mask, value) }

// PowerOff switches the machine off.
func (k *Kernel) PowerOff() { k.step(opCall, 0, 0, systemOff) }

// Reset asks for a reset of the machine, after which the steps are taken again.
func (k *Kernel) Reset() { k.step(opCall, 0, 0, systemReset) }

// Say writes text to the console.
func (k *Kernel) Say(text string) {
	for _, c := range []byte(text) {
		k.Await(uartFR, transmitFull, 0)
		k.Store(uartDR, uint32(c))
	}
}

// SayByte writes a byte of memory to the console, plus a number: '0' makes a digit of it.
func (k *Kernel) SayByte(addr uint64, plus byte) {
	k.Await(uartFR, transmitFull, 0)
	k.step(opCopy, uartDR, uint32(addr), uint32(plus))
}

// Key waits for a byte that comes from the console, and forgets it.
func (k *Kernel) Key() {
	k.Await(uartFR, receiveEmpty, 0)
	k.Await(uartDR, 0, 0)
}

// Room returns the address of so many bytes of memory, which are zero.
func (k *Kernel) Room(size int) (addr uint64) {
	addr = k.free
	k.free += (uint64(size) + 15) &^ 15
	return addr
}

// Bytes stores b to memory.
func (k *Kernel) Bytes(b []byte) (addr uint64) {
	addr = k.Room(len(b))
	for i := 0; i < len(b); i += 4 {
		var word [4]byte
		copy(word[:], b[i:])
		k.Store(addr+uint64(i), binary.LittleEndian.Uint32(word[:]))
	}
	return addr
}

// Image returns the kernel, as an Image of arm64 Linux.
func (k *Kernel) Image() []byte {
	return appendWords(Header(headerSize, imageSize), append(slices.Clip(code), k.steps...))
}
