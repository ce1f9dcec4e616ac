package softcpu

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// unsafe: pointers come from resolve, which returns the host address of bytes
// that lie within one 4 KiB page of memory given to vm.Map. They are used
// before the instruction ends, and Unmap waits for its end.

// hostAddress returns the address of mem as a number.
func hostAddress(mem []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) }

// host returns the host's pointer to the region's byte at gpa.
func (r *memRegion) host(gpa uint64) unsafe.Pointer { return unsafe.Pointer(&r.mem[gpa-r.gpa]) }

// readPhys64 reads an aligned doubleword of a translation table. ok is false if it is
// unmapped or not readable.
func (v *vm) readPhys64(pa uint64) (uint64, bool) {
	r := v.mem.Load().find(pa)
	if r == nil || r.prot&hv.ProtRead == 0 || pa&7 != 0 {
		return 0, false
	}
	return atomic.LoadUint64((*uint64)(r.host(pa))), true
}

// aligned says how to check the alignment of an access. It is the access's natural
// alignment in bytes, which Device memory and SCTLR_EL1.A demand. The bit
// alwaysAligned is set if the instruction itself demands it.
type aligned uint64

const alwaysAligned aligned = 1 << 63

// resolve returns the host address of size bytes at va, which must not cross a 4 KiB
// page, for an access in regime r. It returns nil if an exception was taken or Run has
// to return.
func (c *cpu) resolve(va, size uint64, acc access, r regime, al aligned) unsafe.Pointer {
	misaligned := va&uint64(al&^alwaysAligned-1) != 0
	if misaligned && (al&alwaysAligned != 0 || c.sys.sctlr&aarch64.SCTLR_A != 0) {
		c.dataAbort(va, fault{some: true, fsc: uint8(aarch64.FSCAlignment)}, acc == accessWrite, false, c.PC)
		return nil
	}
	e := &c.mmu.arrays[r][(va>>pageShift)%tlbSize]
	if e.tag(acc) == va&^pageMask {
		return unsafe.Add(e.host, va&pageMask)
	}
	if ipa, ok := c.mmu.device(va, acc, r); ok && !misaligned {
		c.stage2Abort(va, ipa, acc, unmapped)
		return nil
	}
	return c.resolveSlow(va, size, acc, r, misaligned)
}

func (c *cpu) resolveSlow(va, size uint64, acc access, r regime, misaligned bool) unsafe.Pointer {
	c.stats.TLBMisses++
	m, f := c.translate(va, acc, r)
	switch {
	case f.stage2:
		c.stage2Abort(va, f.ipa, acc, f)
		return nil
	case f.some:
		c.dataAbort(va, f, acc == accessWrite, false, c.PC)
		return nil
	case m.device && misaligned:
		c.dataAbort(va, fault{some: true, fsc: uint8(aarch64.FSCAlignment)}, acc == accessWrite, false, c.PC)
		return nil
	}
	if c.debug.watching && c.watchpoint(va, size, acc == accessWrite, r == regimeEL0) {
		return nil
	}
	region := c.vm.mem.Load().find(m.pa)
	need := hv.ProtRead
	if acc == accessWrite {
		need = hv.ProtWrite
	}
	switch {
	case region == nil:
		if m.device && !c.debug.watching {
			c.mmu.fillDevice(r, va, &m)
		}
		c.stage2Abort(va, m.pa, acc, unmapped)
		return nil
	case region.prot&need == 0:
		c.stage2Abort(va, m.pa, acc, forbidden)
		return nil
	}
	host := region.host(m.pa)
	if !m.device && !c.debug.watching {
		page := unsafe.Pointer(&region.mem[m.pa&^pageMask-region.gpa])
		c.mmu.fill(r, va, &m, page, m.read && region.prot&hv.ProtRead != 0, m.write && region.prot&hv.ProtWrite != 0)
	}
	return host
}

// What stage 2 can be against, at the level of its pages.
var (
	unmapped  = fault{fsc: uint8(aarch64.FSCTranslation) | 3}
	forbidden = fault{fsc: uint8(aarch64.FSCPermission) | 3}
)

// stage2Abort exits with the abort that a hypervisor sees. va translates to a guest
// physical address that is unmapped, or whose protection forbids the access.
func (c *cpu) stage2Abort(va, ipa uint64, acc access, f fault) {
	iss := uint32(f.fsc)
	if f.s1ptw {
		iss |= aarch64.AbortS1PTW
	}
	if acc == accessFetch {
		c.exitWith(aarch64.MakeESR(aarch64.ECInstrAbortLower, iss), va, ipa)
		return
	}
	if acc == accessWrite {
		iss |= aarch64.AbortWnR
	}
	if !f.s1ptw {
		iss |= c.abortSyndrome()
	}
	c.exitWith(aarch64.MakeESR(aarch64.ECDataAbortLower, iss), va, ipa)
}

// abortSyndrome returns bits 24:14 of the ISS for the current instruction. They are
// zero (ISV clear) for everything but loads and stores of a single general register
// without write-back (DDI 0487 D24.2.40).
func (c *cpu) abortSyndrome() uint32 {
	op := c.op(c.page, c.PC&pageMask/4)
	switch {
	case op.Code >= a64.LDRB && op.Code <= a64.STRXr:
	case op.Code == a64.LDST && op.Aux&(a64.MemPre|a64.MemPost) == 0:
	case op.Code == a64.LDSText, op.Code == a64.LDRlit, op.Code == a64.LDAR, op.Code == a64.STLR:
	default:
		return 0
	}
	size := uint32(op.Aux & a64.MemSize)
	iss := aarch64.AbortISV | size<<aarch64.AbortSAS | min(uint32(op.Rd), 31)<<aarch64.AbortSRT
	if op.Aux&a64.MemSigned != 0 {
		iss |= aarch64.AbortSSE
	}
	if size == 3 || op.Aux&a64.MemSigned != 0 && op.Aux&a64.Mem64 != 0 {
		iss |= aarch64.AbortSF
	}
	if op.Aux&(a64.MemAcquire|a64.MemRelease) != 0 {
		iss |= aarch64.AbortAR
	}
	return iss
}

// load reads size bytes, 1 to 8, zero-extended. ok is false when an exception
// was taken or Run has to return.
func (c *cpu) load(va, size uint64, r regime, al aligned) (v uint64, ok bool) {
	if va&pageMask > pageSize-size {
		return c.loadCrossing(va, size, r, al)
	}
	p := c.resolve(va, size, accessRead, r, al)
	if p == nil {
		return c.answerLoad(size)
	}
	return get(p, size), true
}

// store writes the low size bytes of v.
func (c *cpu) store(va, size, v uint64, r regime, al aligned) (ok bool) {
	if va&pageMask > pageSize-size {
		return c.storeCrossing(va, size, v, r, al)
	}
	p := c.resolve(va, size, accessWrite, r, al)
	if p == nil {
		return c.answerStore(size, v)
	}
	put(p, size, v)
	return true
}

// get reads size bytes at p. Aligned reads are single-copy atomic, because each case
// compiles to one load. Go's race detector does not look at get and put: a plain load
// or store is the guest's, and may race with another CPU that fetches, walks or stores
// there, as on the hardware (DDI 0487 B2.3).
//
//go:norace
func get(p unsafe.Pointer, size uint64) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(p))
	case 2:
		return uint64(binary.LittleEndian.Uint16((*[2]byte)(p)[:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32((*[4]byte)(p)[:]))
	case 8:
		return binary.LittleEndian.Uint64((*[8]byte)(p)[:])
	}
	var v uint64
	for i, b := range unsafe.Slice((*byte)(p), size) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

// put writes the low size bytes of v at p, as get reads them.
//
//go:norace
func put(p unsafe.Pointer, size, v uint64) {
	switch size {
	case 1:
		*(*uint8)(p) = uint8(v)
	case 2:
		binary.LittleEndian.PutUint16((*[2]byte)(p)[:], uint16(v))
	case 4:
		binary.LittleEndian.PutUint32((*[4]byte)(p)[:], uint32(v))
	case 8:
		binary.LittleEndian.PutUint64((*[8]byte)(p)[:], v)
	default:
		b := unsafe.Slice((*byte)(p), size)
		for i := range b {
			b[i] = byte(v >> (8 * i))
		}
	}
}

// loadCrossing reads from two pages. For a fault on the second page FAR is its first
// byte.
func (c *cpu) loadCrossing(va, size uint64, r regime, al aligned) (uint64, bool) {
	first := pageSize - va&pageMask
	lo := c.resolve(va, first, accessRead, r, al)
	if lo == nil {
		return 0, false
	}
	hi := c.resolve(va+first, size-first, accessRead, r, 1)
	if hi == nil {
		return 0, false
	}
	return get(lo, first) | get(hi, size-first)<<(8*first), true
}

// storeCrossing writes to two pages. If one of them faults it writes nothing.
func (c *cpu) storeCrossing(va, size, v uint64, r regime, al aligned) bool {
	first := pageSize - va&pageMask
	lo := c.resolve(va, first, accessWrite, r, al)
	if lo == nil {
		return false
	}
	hi := c.resolve(va+first, size-first, accessWrite, r, 1)
	if hi == nil {
		return false
	}
	put(lo, first, v)
	put(hi, size-first, v>>(8*first))
	return true
}

// canWrite checks a store of several elements before the first one is written, so that
// a fault leaves memory unchanged.
func (c *cpu) canWrite(va, size uint64, r regime, al aligned) bool {
	if va&pageMask+size <= pageSize {
		return c.resolve(va, size, accessWrite, r, al) != nil
	}
	first := pageSize - va&pageMask
	return c.resolve(va, first, accessWrite, r, al) != nil &&
		c.resolve(va+first, size-first, accessWrite, r, 1) != nil
}

// zeroBlock is DC ZVA. A fault reports the instruction's address operand, not the
// start of the block. The race detector is left out as for put.
//
//go:norace
func (c *cpu) zeroBlock(va uint64) bool {
	if c.resolve(va, 1, accessWrite, c.regime(), 1) == nil {
		return false
	}
	va &^= cacheLine - 1
	p := c.resolve(va, cacheLine, accessWrite, c.regime(), 1)
	if p == nil {
		return false
	}
	*(*[cacheLine]byte)(p) = [cacheLine]byte{}
	return true
}

// fetchSlow translates c.PC and finds or makes its predecoded page.
func (c *cpu) fetchSlow() *codePage {
	c.PC = c.branchAddr(c.PC)
	if c.PC&3 != 0 {
		c.pcAlignment(c.PC)
		return nil
	}
	if p := c.code.lookup(c.el, c.PC); p != nil {
		return p
	}
	m, f := c.translate(c.PC, accessFetch, c.regime())
	switch {
	case f.stage2:
		c.stage2Abort(c.PC, f.ipa, accessFetch, f)
		return nil
	case f.some:
		c.instructionAbort(c.PC, f, c.PC)
		return nil
	}
	region := c.vm.mem.Load().find(m.pa)
	switch {
	case region == nil:
		c.stage2Abort(c.PC, m.pa, accessFetch, unmapped)
		return nil
	case region.prot&hv.ProtExec == 0:
		c.stage2Abort(c.PC, m.pa, accessFetch, forbidden)
		return nil
	}
	p, made := c.code.page(m.pa&^pageMask, region.host(m.pa&^pageMask))
	if made {
		c.stats.CodePages++
	}
	c.code.enter(c.el, c.PC, p, m.nonGlobal)
	return p
}

// exitWith makes Run return with an exception exit.
func (c *cpu) exitWith(esr aarch64.ESR, far, ipa uint64) bool {
	c.exit = hv.Exit{Reason: hv.ExitException, ESR: esr, FAR: far, IPA: ipa}
	c.stop = true
	return false
}
