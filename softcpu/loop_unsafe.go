package softcpu

import (
	"math/bits"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/vec"
)

// Every load and store below follows the pattern
//
//	e := &tlb[(va>>pageShift)%tlbSize]
//	if e.read == va&^0xff8 { *(*uint64)(unsafe.Add(e.host, va&pageMask)) }
//
// unsafe: a tag equals the page address only if host points at that page of mapped
// memory (see softTLB). The mask keeps the low bits of va, so an access that is not
// aligned to its size differs from every tag. Hence a matching access lies inside the
// page. Any other access takes the general path.

// loop executes instructions from entry i of a page until control leaves the
// page, something needs attention, or an instruction says so. The instructions that
// programs execute most are written out here. The switch is kept small: with hundreds
// of cases the compiler no longer keeps the loop's state in registers. Each of these
// instructions is in the exec table as well, which handles the cases that the switch
// does not.
//
//go:norace
func (c *cpu) loop(ops *[opsPerPage]a64.Op, i uint64) {
	x := &c.X
	tlb := c.mmu.cur
	base := c.PC &^ pageMask
	executed := -i // less i: taken branches correct it

	for i < opsPerPage {
		op := &ops[i]
		i++
		switch op.Code {
		case a64.ADDi64:
			x[op.Rd] = x[op.Rn] + op.Imm
			continue
		case a64.ADDi32:
			x[op.Rd] = uint64(uint32(x[op.Rn] + op.Imm))
			continue
		case a64.ADDr64:
			x[op.Rd] = x[op.Rn] + x[op.Rm]
			continue
		case a64.ADDr32:
			x[op.Rd] = uint64(uint32(x[op.Rn] + x[op.Rm]))
			continue
		case a64.ADDlsl64:
			x[op.Rd] = x[op.Rn] + x[op.Rm]<<(op.Ra&63)
			continue
		case a64.ADDuxtw64:
			x[op.Rd] = x[op.Rn] + uint64(uint32(x[op.Rm]))<<(op.Ra&63)
			continue
		case a64.ADDSr64:
			a, b := x[op.Rn], x[op.Rm]
			r := a + b
			c.NF, c.ZF, c.CF, c.VF = r, r, bit(r < a), (a^r)&(b^r)
			x[op.Rd] = r
			continue
		case a64.ADDSi32:
			a, b := uint32(x[op.Rn]), uint32(op.Imm)
			r := a + b
			c.NF, c.ZF, c.CF, c.VF = uint64(r)<<32, uint64(r), bit(r < a), uint64((a^r)&(b^r))<<32
			x[op.Rd] = uint64(r)
			continue
		case a64.SUBr64:
			x[op.Rd] = x[op.Rn] - x[op.Rm]
			continue
		case a64.SUBr32:
			x[op.Rd] = uint64(uint32(x[op.Rn] - x[op.Rm]))
			continue
		case a64.SUBSi64:
			a, b := x[op.Rn], op.Imm
			r := a - b
			c.NF, c.ZF, c.CF, c.VF = r, r, bit(a >= b), (a^b)&(a^r)
			x[op.Rd] = r
			continue
		case a64.SUBSr64:
			a, b := x[op.Rn], x[op.Rm]
			r := a - b
			c.NF, c.ZF, c.CF, c.VF = r, r, bit(a >= b), (a^b)&(a^r)
			x[op.Rd] = r
			continue
		case a64.SUBSi32:
			a, b := uint32(x[op.Rn]), uint32(op.Imm)
			r := a - b
			c.NF, c.ZF, c.CF, c.VF = uint64(r)<<32, uint64(r), bit(a >= b), uint64((a^b)&(a^r))<<32
			x[op.Rd] = uint64(r)
			continue
		case a64.SUBSr32:
			a, b := uint32(x[op.Rn]), uint32(x[op.Rm])
			r := a - b
			c.NF, c.ZF, c.CF, c.VF = uint64(r)<<32, uint64(r), bit(a >= b), uint64((a^b)&(a^r))<<32
			x[op.Rd] = uint64(r)
			continue
		case a64.ANDi:
			x[op.Rd] = x[op.Rn] & op.Imm
			continue
		case a64.ANDSi64:
			r := x[op.Rn] & op.Imm
			c.NF, c.ZF, c.CF, c.VF = r, r, 0, 0
			x[op.Rd] = r
			continue
		case a64.ANDSi32:
			r := x[op.Rn] & op.Imm
			c.NF, c.ZF, c.CF, c.VF = r<<32, r, 0, 0
			x[op.Rd] = r
			continue
		case a64.ANDr64:
			x[op.Rd] = x[op.Rn] & x[op.Rm]
			continue
		case a64.ANDr32:
			x[op.Rd] = uint64(uint32(x[op.Rn] & x[op.Rm]))
			continue
		case a64.ORRr64:
			x[op.Rd] = x[op.Rn] | x[op.Rm]
			continue
		case a64.ORRr32:
			x[op.Rd] = uint64(uint32(x[op.Rn] | x[op.Rm]))
			continue
		case a64.EORr64:
			x[op.Rd] = x[op.Rn] ^ x[op.Rm]
			continue
		case a64.EORr32:
			x[op.Rd] = uint64(uint32(x[op.Rn] ^ x[op.Rm]))
			continue
		case a64.MOVi:
			x[op.Rd] = op.Imm
			continue
		case a64.MOVr64:
			x[op.Rd] = x[op.Rm]
			continue
		case a64.MOVr32:
			x[op.Rd] = uint64(uint32(x[op.Rm]))
			continue
		case a64.MOVK64:
			x[op.Rd] = x[op.Rd]&^(0xffff<<(op.Aux&63)) | op.Imm
			continue
		case a64.UBFX:
			x[op.Rd] = x[op.Rn] >> (op.Ra & 63) & op.Imm
			continue
		case a64.UBFIZ:
			x[op.Rd] = (x[op.Rn] & op.Imm) << (op.Ra & 63)
			continue
		case a64.SBFM64:
			x[op.Rd] = uint64(int64(x[op.Rn]<<(op.Ra&63)) >> (op.Rm & 63))
			continue
		case a64.ADRP:
			x[op.Rd] = base + op.Imm
			continue
		case a64.MADD64:
			x[op.Rd] = x[op.Ra] + x[op.Rn]*x[op.Rm]
			continue
		case a64.UMULH:
			x[op.Rd], _ = bits.Mul64(x[op.Rn], x[op.Rm])
			continue
		case a64.LSLV64:
			x[op.Rd] = x[op.Rn] << (x[op.Rm] & 63)
			continue
		case a64.LSRV64:
			x[op.Rd] = x[op.Rn] >> (x[op.Rm] & 63)
			continue
		case a64.CSEL64:
			if c.Holds(uint8(op.Aux)) {
				x[op.Rd] = x[op.Rn]
			} else {
				x[op.Rd] = x[op.Rm]
			}
			continue
		case a64.CSINC64:
			if c.Holds(uint8(op.Aux)) {
				x[op.Rd] = x[op.Rn]
			} else {
				x[op.Rd] = x[op.Rm] + 1
			}
			continue
		case a64.NOP:
			continue

		case a64.LDRXsp:
			if x[a64.SP]&15 != 0 {
				break
			}
			fallthrough
		case a64.LDRX:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xff8 {
				break
			}
			x[op.Rd] = *(*uint64)(unsafe.Add(e.host, va&pageMask))
			continue
		case a64.LDRXr:
			va := x[op.Rn] + x[op.Rm]<<(op.Ra&63)
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xff8 {
				break
			}
			x[op.Rd] = *(*uint64)(unsafe.Add(e.host, va&pageMask))
			continue
		case a64.LDRWsp:
			if x[a64.SP]&15 != 0 {
				break
			}
			fallthrough
		case a64.LDRW:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xffc {
				break
			}
			x[op.Rd] = uint64(*(*uint32)(unsafe.Add(e.host, va&pageMask)))
			continue
		case a64.LDRWr:
			va := x[op.Rn] + x[op.Rm]<<(op.Ra&63)
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xffc {
				break
			}
			x[op.Rd] = uint64(*(*uint32)(unsafe.Add(e.host, va&pageMask)))
			continue
		case a64.LDRSW:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xffc {
				break
			}
			x[op.Rd] = uint64(int64(*(*int32)(unsafe.Add(e.host, va&pageMask))))
			continue
		case a64.LDRH:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xffe {
				break
			}
			x[op.Rd] = uint64(*(*uint16)(unsafe.Add(e.host, va&pageMask)))
			continue
		case a64.LDRB:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xfff {
				break
			}
			x[op.Rd] = uint64(*(*uint8)(unsafe.Add(e.host, va&pageMask)))
			continue
		case a64.LDRBr:
			va := x[op.Rn] + x[op.Rm]
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xfff {
				break
			}
			x[op.Rd] = uint64(*(*uint8)(unsafe.Add(e.host, va&pageMask)))
			continue
		case a64.STRXsp:
			if x[a64.SP]&15 != 0 {
				break
			}
			fallthrough
		case a64.STRX:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xff8 {
				break
			}
			*(*uint64)(unsafe.Add(e.host, va&pageMask)) = x[op.Rd]
			continue
		case a64.STRXr:
			va := x[op.Rn] + x[op.Rm]<<(op.Ra&63)
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xff8 {
				break
			}
			*(*uint64)(unsafe.Add(e.host, va&pageMask)) = x[op.Rd]
			continue
		case a64.STRWsp:
			if x[a64.SP]&15 != 0 {
				break
			}
			fallthrough
		case a64.STRW:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xffc {
				break
			}
			*(*uint32)(unsafe.Add(e.host, va&pageMask)) = uint32(x[op.Rd])
			continue
		case a64.STRH:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xffe {
				break
			}
			*(*uint16)(unsafe.Add(e.host, va&pageMask)) = uint16(x[op.Rd])
			continue
		case a64.STRB:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xfff {
				break
			}
			*(*uint8)(unsafe.Add(e.host, va&pageMask)) = uint8(x[op.Rd])
			continue
		case a64.LDPXsp:
			if x[a64.SP]&15 != 0 {
				break
			}
			fallthrough
		case a64.LDPX:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xff8 || va&pageMask > pageSize-16 {
				break
			}
			p := (*[2]uint64)(unsafe.Add(e.host, va&pageMask))
			a, b := p[0], p[1]
			x[op.Rd], x[op.Ra] = a, b
			continue
		case a64.STPXsp:
			if x[a64.SP]&15 != 0 {
				break
			}
			fallthrough
		case a64.STPX:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xff8 || va&pageMask > pageSize-16 {
				break
			}
			p := (*[2]uint64)(unsafe.Add(e.host, va&pageMask))
			p[0], p[1] = x[op.Rd], x[op.Ra]
			continue
		case a64.STPXpre:
			va := x[op.Rn] + op.Imm
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.write != va&^0xff8 || va&pageMask > pageSize-16 || op.Rn == a64.SP && x[a64.SP]&15 != 0 {
				break
			}
			p := (*[2]uint64)(unsafe.Add(e.host, va&pageMask))
			p[0], p[1] = x[op.Rd], x[op.Ra]
			x[op.Rn] = va
			continue
		case a64.LDPXpost:
			va := x[op.Rn]
			e := &tlb[(va>>pageShift)%tlbSize]
			if e.read != va&^0xff8 || va&pageMask > pageSize-16 || op.Rn == a64.SP && va&15 != 0 {
				break
			}
			p := (*[2]uint64)(unsafe.Add(e.host, va&pageMask))
			a, b := p[0], p[1]
			x[op.Rn] = va + op.Imm
			x[op.Rd], x[op.Ra] = a, b
			continue

		case a64.B:
			goto taken
		case a64.BL:
			x[30] = base + i*4
			goto taken
		case a64.BEQ:
			if c.ZF == 0 {
				goto taken
			}
			continue
		case a64.BNE:
			if c.ZF != 0 {
				goto taken
			}
			continue
		case a64.BCS:
			if c.CF != 0 {
				goto taken
			}
			continue
		case a64.BCC:
			if c.CF == 0 {
				goto taken
			}
			continue
		case a64.BMI:
			if int64(c.NF) < 0 {
				goto taken
			}
			continue
		case a64.BPL:
			if int64(c.NF) >= 0 {
				goto taken
			}
			continue
		case a64.BHI:
			if c.CF != 0 && c.ZF != 0 {
				goto taken
			}
			continue
		case a64.BLS:
			if c.CF == 0 || c.ZF == 0 {
				goto taken
			}
			continue
		case a64.BGE:
			if int64(c.NF^c.VF) >= 0 {
				goto taken
			}
			continue
		case a64.BLT:
			if int64(c.NF^c.VF) < 0 {
				goto taken
			}
			continue
		case a64.BGT:
			if int64(c.NF^c.VF) >= 0 && c.ZF != 0 {
				goto taken
			}
			continue
		case a64.BLE:
			if int64(c.NF^c.VF) < 0 || c.ZF == 0 {
				goto taken
			}
			continue
		case a64.CBZ64:
			if x[op.Rd] == 0 {
				goto taken
			}
			continue
		case a64.CBNZ64:
			if x[op.Rd] != 0 {
				goto taken
			}
			continue
		case a64.CBZ32:
			if uint32(x[op.Rd]) == 0 {
				goto taken
			}
			continue
		case a64.CBNZ32:
			if uint32(x[op.Rd]) != 0 {
				goto taken
			}
			continue
		case a64.TBZ:
			if x[op.Rd]>>(op.Ra&63)&1 == 0 {
				goto taken
			}
			continue
		case a64.TBNZ:
			if x[op.Rd]>>(op.Ra&63)&1 != 0 {
				goto taken
			}
			continue
		case a64.BLR, a64.BR, a64.RET:
			target := x[op.Rn]
			if op.Code == a64.BLR {
				x[30] = base + i*4
			}
			if target^base >= pageSize || target&3 != 0 {
				c.PC = target
				c.stats.Instructions += executed + i
				return
			}
			t := (target & pageMask) / 4
			executed += i - t
			i = t
			if c.attention.Load() != 0 {
				c.PC = target
				c.stats.Instructions += executed + i
				return
			}
			continue

		case a64.NotDecoded:
			i--
			c.page.decode(i)
			continue
		}

		c.PC = base + (i-1)*4
		if op.Code >= a64.FirstVectorMem {
			if c.fpTrapped {
				c.fpAccessTrap()
				c.stats.Instructions += executed + i
				return
			}
			if op.Code >= a64.FirstVector {
				vec.Exec[op.Code-a64.FirstVector](&c.State, op)
				continue
			}
		}
		if !exec[op.Code](c, op) {
			c.stats.Instructions += executed + i
			return
		}
		continue

	taken:
		d := uint64(int64(op.Imm)>>2) - 1
		i += d
		executed -= d
		if int64(d) < 0 && c.attention.Load() != 0 {
			break
		}
	}
	c.PC = base + i*4
	c.stats.Instructions += executed + i
}

// bit returns 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
