package softcpu

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/vec"
)

// alu returns an executor for a function that only reads and writes registers and
// flags.
func alu(f func(c *cpu, op *a64.Op)) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		f(c, op)
		return true
	}
}

// flags64 sets NZCV for the 64-bit sum a + b + carry, which it returns.
func (c *cpu) flags64(a, b, carry uint64) uint64 {
	r, co := bits.Add64(a, b, carry)
	c.NF, c.ZF, c.CF, c.VF = r, r, co, (a^r)&(b^r)
	return r
}

// flags32 does the same for 32 bits.
func (c *cpu) flags32(a, b uint32, carry uint64) uint64 {
	sum := uint64(a) + uint64(b) + carry
	r := uint32(sum)
	c.NF, c.ZF, c.CF, c.VF = uint64(r)<<32, uint64(r), sum>>32, uint64((a^r)&(b^r))<<32
	return uint64(r)
}

// logicFlags sets NZCV for a logical result.
func (c *cpu) logicFlags(r uint64, sf bool) {
	c.NF, c.ZF, c.CF, c.VF = r, r, 0, 0
	if !sf {
		c.NF = r << 32
	}
}

// shifted returns v, of 64 or 32 bits, shifted by amount in the way of kind.
func shifted(v uint64, kind uint16, amount uint8, sf bool) uint64 {
	if !sf {
		w := uint32(v)
		switch kind & 3 {
		case 0:
			w <<= amount
		case 1:
			w >>= amount
		case 2:
			w = uint32(int32(w) >> amount)
		case 3:
			w = bits.RotateLeft32(w, -int(amount))
		}
		return uint64(w)
	}
	switch kind & 3 {
	case 0:
		v <<= amount
	case 1:
		v >>= amount
	case 2:
		v = uint64(int64(v) >> amount)
	case 3:
		v = bits.RotateLeft64(v, -int(amount))
	}
	return v
}

// extended returns v extended as option says (UXTB to SXTX).
func extended(v uint64, option uint16) uint64 {
	switch option & 7 {
	case 0:
		return uint64(uint8(v))
	case 1:
		return uint64(uint16(v))
	case 2:
		return uint64(uint32(v))
	case 4:
		return uint64(int8(v))
	case 5:
		return uint64(int16(v))
	case 6:
		return uint64(int32(v))
	}
	return v
}

// addSub performs ADD, ADDS, SUB or SUBS, according to op.Aux.
func (c *cpu) addSub(op *a64.Op, a, b uint64) {
	sf, carry := op.Aux&a64.AuxSF != 0, uint64(0)
	if op.Aux&a64.AuxSub != 0 {
		b, carry = ^b, 1
	}
	c.addWithCarry(op, a, b, carry, sf)
}

func (c *cpu) addWithCarry(op *a64.Op, a, b, carry uint64, sf bool) {
	var r uint64
	switch {
	case op.Aux&a64.AuxS == 0 && sf:
		r = a + b + carry
	case op.Aux&a64.AuxS == 0:
		r = uint64(uint32(a + b + carry))
	case sf:
		r = c.flags64(a, b, carry)
	default:
		r = c.flags32(uint32(a), uint32(b), carry)
	}
	c.X[op.Rd] = r
}

func execADDSUBsh(c *cpu, op *a64.Op) bool {
	b := shifted(c.X[op.Rm], op.Aux>>a64.AuxShiftBit, op.Ra, op.Aux&a64.AuxSF != 0)
	c.addSub(op, c.X[op.Rn], b)
	return true
}

func execADDSUBext(c *cpu, op *a64.Op) bool {
	c.addSub(op, c.X[op.Rn], extended(c.X[op.Rm], op.Aux>>a64.AuxShiftBit)<<op.Ra)
	return true
}

func execADCSBC(c *cpu, op *a64.Op) bool {
	b := c.X[op.Rm]
	if op.Aux&a64.AuxSub != 0 {
		b = ^b
	}
	c.addWithCarry(op, c.X[op.Rn], b, c.CF, op.Aux&a64.AuxSF != 0)
	return true
}

func execLOGICsh(c *cpu, op *a64.Op) bool {
	sf := op.Aux&a64.AuxSF != 0
	a, b := c.X[op.Rn], shifted(c.X[op.Rm], op.Aux>>a64.AuxShiftBit, op.Ra, sf)
	if op.Aux&a64.AuxN != 0 {
		b = ^b
	}
	var r uint64
	opc := op.Aux >> a64.AuxOpcBit & 3
	switch opc {
	case 0, 3:
		r = a & b
	case 1:
		r = a | b
	case 2:
		r = a ^ b
	}
	if !sf {
		r = uint64(uint32(r))
	}
	if opc == 3 {
		c.logicFlags(r, sf)
	}
	c.X[op.Rd] = r
	return true
}

func execCCMP(c *cpu, op *a64.Op) bool {
	if !c.Holds(uint8(op.Aux >> a64.AuxCondBit & 15)) {
		c.SetNZCV(uint32(op.Aux>>a64.AuxNZCVBit) << 28)
		return true
	}
	a, b, carry := c.X[op.Rn], c.X[op.Rm], uint64(0)
	if op.Aux&a64.AuxN != 0 {
		b = op.Imm
	}
	if op.Aux&a64.AuxSub != 0 {
		b, carry = ^b, 1
	}
	if op.Aux&a64.AuxSF != 0 {
		c.flags64(a, b, carry)
	} else {
		c.flags32(uint32(a), uint32(b), carry)
	}
	return true
}

// sel returns an executor of the CSEL family: f is applied to Xm when the
// condition fails.
func sel(sf bool, f func(uint64) uint64) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		r := c.X[op.Rn]
		if !c.Holds(uint8(op.Aux)) {
			r = f(c.X[op.Rm])
		}
		if !sf {
			r = uint64(uint32(r))
		}
		c.X[op.Rd] = r
		return true
	}
}

// binary returns an executor of Rd = f(Rn, Rm), in 64 bits or 32.
func binary64(f func(a, b uint64) uint64) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		c.X[op.Rd] = f(c.X[op.Rn], c.X[op.Rm])
		return true
	}
}

func binary32(f func(a, b uint32) uint32) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		c.X[op.Rd] = uint64(f(uint32(c.X[op.Rn]), uint32(c.X[op.Rm])))
		return true
	}
}

func unary64(f func(a uint64) uint64) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		c.X[op.Rd] = f(c.X[op.Rn])
		return true
	}
}

func unary32(f func(a uint32) uint32) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		c.X[op.Rd] = uint64(f(uint32(c.X[op.Rn])))
		return true
	}
}

func udiv64(a, b uint64) uint64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func udiv32(a, b uint32) uint32 {
	if b == 0 {
		return 0
	}
	return a / b
}

func sdiv64(a, b uint64) uint64 {
	switch int64(b) {
	case 0:
		return 0
	case -1:
		return -a
	}
	return uint64(int64(a) / int64(b))
}

func sdiv32(a, b uint32) uint32 {
	switch int32(b) {
	case 0:
		return 0
	case -1:
		return -a
	}
	return uint32(int32(a) / int32(b))
}

func rev16(v uint64) uint64 {
	const odd = 0xff00ff00ff00ff00
	return v<<8&odd | (v&odd)>>8
}

func smulh(a, b uint64) uint64 {
	hi, _ := bits.Mul64(a, b)
	if int64(a) < 0 {
		hi -= b
	}
	if int64(b) < 0 {
		hi -= a
	}
	return hi
}

// mulAdd returns an executor of Rd = Ra + f(Rn, Rm).
func mulAdd(f func(a, b uint64) uint64) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		c.X[op.Rd] = c.X[op.Ra] + f(c.X[op.Rn], c.X[op.Rm])
		return true
	}
}

func execCRC32(c *cpu, op *a64.Op) {
	size := 1 << (op.Aux & 3)
	c.X[op.Rd] = uint64(vec.CRC32(uint32(c.X[op.Rn]), c.X[op.Rm], size, op.Aux&4 != 0))
}
