package softcpu

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// The executors of data-processing instructions, in the order of a64's codes.
func init() {
	for code, f := range map[a64.Code]execFunc{
		a64.ADR:     alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.PC + op.Imm }),
		a64.ADRP:    alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.PC&^pageMask + op.Imm }),
		a64.ADDi64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] + op.Imm }),
		a64.ADDi32:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rn] + op.Imm)) }),
		a64.ADDSi64: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags64(c.X[op.Rn], op.Imm, 0) }),
		a64.ADDSi32: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags32(uint32(c.X[op.Rn]), uint32(op.Imm), 0) }),
		a64.SUBSi64: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags64(c.X[op.Rn], ^op.Imm, 1) }),
		a64.SUBSi32: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags32(uint32(c.X[op.Rn]), ^uint32(op.Imm), 1) }),
		a64.ANDi:    alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] & op.Imm }),
		a64.ORRi64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] | op.Imm }),
		a64.ORRi32:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rn] | op.Imm)) }),
		a64.EORi64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] ^ op.Imm }),
		a64.EORi32:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rn] ^ op.Imm)) }),
		a64.ANDSi64: alu(func(c *cpu, op *a64.Op) { r := c.X[op.Rn] & op.Imm; c.logicFlags(r, true); c.X[op.Rd] = r }),
		a64.ANDSi32: alu(func(c *cpu, op *a64.Op) { r := c.X[op.Rn] & op.Imm; c.logicFlags(r, false); c.X[op.Rd] = r }),
		a64.MOVi:    alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = op.Imm }),
		a64.MOVK64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rd]&^(0xffff<<op.Aux) | op.Imm }),
		a64.MOVK32:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rd]&^(0xffff<<op.Aux) | op.Imm)) }),
		a64.UBFX:    alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] >> op.Ra & op.Imm }),
		a64.UBFIZ:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = (c.X[op.Rn] & op.Imm) << op.Ra }),
		a64.SBFM64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(int64(c.X[op.Rn]<<op.Ra) >> op.Rm) }),
		a64.SBFM32:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(int64(c.X[op.Rn]<<op.Ra) >> op.Rm)) }),
		a64.BFXIL64: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rd]&^op.Imm | c.X[op.Rn]>>op.Ra&op.Imm }),
		a64.BFXIL32: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rd]&^op.Imm | c.X[op.Rn]>>op.Ra&op.Imm)) }),
		a64.BFI64:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rd]&^op.Imm | c.X[op.Rn]<<op.Ra&op.Imm }),
		a64.BFI32:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rd]&^op.Imm | c.X[op.Rn]<<op.Ra&op.Imm)) }),
		a64.EXTR64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rm]>>op.Ra | c.X[op.Rn]<<(64-op.Ra) }),
		a64.EXTR32: alu(func(c *cpu, op *a64.Op) {
			c.X[op.Rd] = uint64(uint32((c.X[op.Rn]<<32 | uint64(uint32(c.X[op.Rm]))) >> op.Ra))
		}),

		a64.ADDr64:    binary64(func(a, b uint64) uint64 { return a + b }),
		a64.ADDr32:    binary32(func(a, b uint32) uint32 { return a + b }),
		a64.SUBr64:    binary64(func(a, b uint64) uint64 { return a - b }),
		a64.SUBr32:    binary32(func(a, b uint32) uint32 { return a - b }),
		a64.ADDSr64:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags64(c.X[op.Rn], c.X[op.Rm], 0) }),
		a64.ADDSr32:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags32(uint32(c.X[op.Rn]), uint32(c.X[op.Rm]), 0) }),
		a64.SUBSr64:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags64(c.X[op.Rn], ^c.X[op.Rm], 1) }),
		a64.SUBSr32:   alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.flags32(uint32(c.X[op.Rn]), ^uint32(c.X[op.Rm]), 1) }),
		a64.ADDlsl64:  alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] + c.X[op.Rm]<<op.Ra }),
		a64.ADDuxtw64: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rn] + uint64(uint32(c.X[op.Rm]))<<op.Ra }),
		a64.ADDSUBsh:  execADDSUBsh,
		a64.ADDSUBext: execADDSUBext,
		a64.MOVr64:    alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = c.X[op.Rm] }),
		a64.MOVr32:    alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Rm])) }),
		a64.ANDr64:    binary64(func(a, b uint64) uint64 { return a & b }),
		a64.ANDr32:    binary32(func(a, b uint32) uint32 { return a & b }),
		a64.ORRr64:    binary64(func(a, b uint64) uint64 { return a | b }),
		a64.ORRr32:    binary32(func(a, b uint32) uint32 { return a | b }),
		a64.EORr64:    binary64(func(a, b uint64) uint64 { return a ^ b }),
		a64.EORr32:    binary32(func(a, b uint32) uint32 { return a ^ b }),
		a64.ANDSr64:   alu(func(c *cpu, op *a64.Op) { r := c.X[op.Rn] & c.X[op.Rm]; c.logicFlags(r, true); c.X[op.Rd] = r }),
		a64.ANDSr32: alu(func(c *cpu, op *a64.Op) {
			r := uint64(uint32(c.X[op.Rn] & c.X[op.Rm]))
			c.logicFlags(r, false)
			c.X[op.Rd] = r
		}),
		a64.LOGICsh: execLOGICsh,
		a64.ADCSBC:  execADCSBC,
		a64.CCMP:    execCCMP,
		a64.CSEL64:  sel(true, func(v uint64) uint64 { return v }),
		a64.CSEL32:  sel(false, func(v uint64) uint64 { return v }),
		a64.CSINC64: sel(true, func(v uint64) uint64 { return v + 1 }),
		a64.CSINC32: sel(false, func(v uint64) uint64 { return v + 1 }),
		a64.CSINV64: sel(true, func(v uint64) uint64 { return ^v }),
		a64.CSINV32: sel(false, func(v uint64) uint64 { return ^v }),
		a64.CSNEG64: sel(true, func(v uint64) uint64 { return -v }),
		a64.CSNEG32: sel(false, func(v uint64) uint64 { return -v }),

		a64.LSLV64:   binary64(func(a, b uint64) uint64 { return a << (b & 63) }),
		a64.LSLV32:   binary32(func(a, b uint32) uint32 { return a << (b & 31) }),
		a64.LSRV64:   binary64(func(a, b uint64) uint64 { return a >> (b & 63) }),
		a64.LSRV32:   binary32(func(a, b uint32) uint32 { return a >> (b & 31) }),
		a64.ASRV64:   binary64(func(a, b uint64) uint64 { return uint64(int64(a) >> (b & 63)) }),
		a64.ASRV32:   binary32(func(a, b uint32) uint32 { return uint32(int32(a) >> (b & 31)) }),
		a64.RORV64:   binary64(func(a, b uint64) uint64 { return bits.RotateLeft64(a, -int(b&63)) }),
		a64.RORV32:   binary32(func(a, b uint32) uint32 { return bits.RotateLeft32(a, -int(b&31)) }),
		a64.UDIV64:   binary64(udiv64),
		a64.UDIV32:   binary32(udiv32),
		a64.SDIV64:   binary64(sdiv64),
		a64.SDIV32:   binary32(sdiv32),
		a64.CRC32:    alu(execCRC32),
		a64.RBIT64:   unary64(bits.Reverse64),
		a64.RBIT32:   unary32(bits.Reverse32),
		a64.REV16_64: unary64(rev16),
		a64.REV16_32: unary32(func(a uint32) uint32 { return uint32(rev16(uint64(a))) }),
		a64.REV32:    unary64(func(a uint64) uint64 { return bits.RotateLeft64(bits.ReverseBytes64(a), 32) }),
		a64.REV64:    unary64(bits.ReverseBytes64),
		a64.REVw:     unary32(bits.ReverseBytes32),
		a64.CLZ64:    unary64(func(a uint64) uint64 { return uint64(bits.LeadingZeros64(a)) }),
		a64.CLZ32:    unary32(func(a uint32) uint32 { return uint32(bits.LeadingZeros32(a)) }),
		a64.CLS64:    unary64(func(a uint64) uint64 { return uint64(bits.LeadingZeros64(a^uint64(int64(a)>>1))) - 1 }),
		a64.CLS32:    unary32(func(a uint32) uint32 { return uint32(bits.LeadingZeros32(a^uint32(int32(a)>>1))) - 1 }),

		a64.MADD64: mulAdd(func(a, b uint64) uint64 { return a * b }),
		a64.MSUB64: mulAdd(func(a, b uint64) uint64 { return -(a * b) }),
		a64.MADD32: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Ra] + c.X[op.Rn]*c.X[op.Rm])) }),
		a64.MSUB32: alu(func(c *cpu, op *a64.Op) { c.X[op.Rd] = uint64(uint32(c.X[op.Ra] - c.X[op.Rn]*c.X[op.Rm])) }),
		a64.SMADDL: mulAdd(func(a, b uint64) uint64 { return uint64(int64(int32(a)) * int64(int32(b))) }),
		a64.SMSUBL: mulAdd(func(a, b uint64) uint64 { return -uint64(int64(int32(a)) * int64(int32(b))) }),
		a64.UMADDL: mulAdd(func(a, b uint64) uint64 { return uint64(uint32(a)) * uint64(uint32(b)) }),
		a64.UMSUBL: mulAdd(func(a, b uint64) uint64 { return -(uint64(uint32(a)) * uint64(uint32(b))) }),
		a64.SMULH:  binary64(smulh),
		a64.UMULH:  binary64(func(a, b uint64) uint64 { hi, _ := bits.Mul64(a, b); return hi }),
	} {
		exec[code] = f
	}
}
