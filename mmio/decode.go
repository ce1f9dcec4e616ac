package mmio

import "github.com/miniboot-vmm/miniboot/aarch64"

// Decode decodes an A64 instruction word that touches memory by address. ok is
// false for any other instruction, for an unallocated encoding, and for the
// extensions that the package doc lists as missing.
//
// Section names in this file and its neighbours are those of DDI 0487, C4.1
// "A64 instruction set encoding", loads and stores.
func Decode(word uint32) (in Insn, ok bool) {
	w := encoding(word)
	if w.field(31, 19) == 0b1101_0101_0000_1 {
		return w.cacheMaintenance()
	}
	if w.bit(27) != 1 || w.bit(25) != 0 {
		return in, false // not in the loads and stores
	}
	switch op := w.field(29, 28); {
	case op == 0b00 && w.bit(26) == 1:
		if w.bit(24) == 0 {
			return w.multipleStructures()
		}
		return w.singleStructure()
	case op == 0b00 && w.bit(24) == 0:
		return w.exclusive()
	case op == 0b01 && w.bit(24) == 0:
		return w.literal()
	case op == 0b01:
		return w.unscaledOrdered()
	case op == 0b10:
		return w.pair()
	case op == 0b11 && w.bit(24) == 1:
		return w.unsignedOffset()
	case op == 0b11 && w.bit(21) == 0:
		return w.signedOffset()
	case op == 0b11 && w.field(11, 10) == 0b10:
		return w.registerOffset()
	case op == 0b11 && w.field(11, 10) == 0b00:
		return w.atomic()
	}
	return in, false
}

// encoding is an instruction word that is being decoded.
type encoding uint32

// field is bits hi to lo, as the manual writes them.
func (w encoding) field(hi, lo uint) uint32 {
	return uint32(w) >> lo & (1<<(hi-lo+1) - 1)
}

func (w encoding) bit(n uint) uint32 { return uint32(w) >> n & 1 }

// signed is bits hi to lo as a two's complement number.
func (w encoding) signed(hi, lo uint) int64 {
	return int64(int32(w)<<(31-hi)) >> (31 - hi + lo)
}

func (w encoding) rt() uint8  { return uint8(w.field(4, 0)) }
func (w encoding) rn() uint8  { return uint8(w.field(9, 5)) }
func (w encoding) rt2() uint8 { return uint8(w.field(14, 10)) }
func (w encoding) rs() uint8  { return uint8(w.field(20, 16)) }
func (w encoding) rm() uint8  { return uint8(w.field(20, 16)) }

// cacheMaintenance decodes the SYS instructions that take an address. All but
// DC ZVA have no effect, because device registers are never cached.
func (w encoding) cacheMaintenance() (in Insn, ok bool) {
	switch aarch64.SysReg(w.field(20, 5)) {
	case aarch64.DC_ZVA:
		return Insn{Op: ZeroBlock, Rt: w.rt()}, true
	case aarch64.DC_IVAC, aarch64.IC_IVAU, aarch64.DC_CVAC, aarch64.DC_CVAU, aarch64.DC_CVAP, aarch64.DC_CVADP, aarch64.DC_CIVAC:
		return Insn{Op: Nop}, true
	}
	return in, false
}
