package aarch64

// Fields of TCR_EL1 (DDI 0487 D24.2). Those with several bits are shifts.
const (
	TCR_T0SZ = 0
	TCR_EPD0 = 1 << 7 // no walks of TTBR0_EL1
	TCR_TG0  = 14
	TCR_T1SZ = 16
	TCR_A1   = 1 << 22 // TTBR1_EL1 holds the ASID, not TTBR0_EL1
	TCR_EPD1 = 1 << 23 // no walks of TTBR1_EL1
	TCR_TG1  = 30
	TCR_IPS  = 32
	TCR_AS   = 1 << 36 // 16-bit ASIDs
	TCR_TBI0 = 1 << 37
	TCR_TBI1 = 1 << 38
)

// Granules, as log2 of bytes, indexed by TCR_EL1.TG0 and TG1. A reserved value
// acts as 4 KiB.
var (
	granuleTG0 = [4]uint8{12, 16, 14, 12}
	granuleTG1 = [4]uint8{12, 14, 12, 16}
)

// paBits has the widths of a physical address, in bits, indexed by TCR_EL1.IPS or
// ID_AA64MMFR0_EL1.PARange. Values from 6 up belong to later extensions and act
// as 48 bits.
var paBits = [8]uint8{32, 36, 40, 42, 44, 48, 48, 48}

// PABits returns the width in bits that a value of IPS or PARange stands for.
func PABits(field uint64) uint { return uint(paBits[field&7]) }

// PARange returns the largest value of ID_AA64MMFR0_EL1.PARange whose width is
// at most bits.
func PARange(bits int) uint64 {
	v := uint64(0)
	for v < 5 && int(paBits[v+1]) <= bits {
		v++
	}
	return v
}

// TBI says whether translation ignores the top byte of va.
func TBI(tcr, va uint64) bool { return tcr>>(37+va>>55&1)&1 != 0 }

// Granule returns the size of va's page in bytes.
func Granule(tcr, va uint64) uint64 { return 1 << newHalf(tcr, va).granule }

// half is what TCR_EL1 says about one half of the address space. Bit 55 of an
// address chooses the half.
type half struct {
	bits     uint // width of an input address, 64 - TxSZ
	granule  uint // log2 of bytes
	upper    bool // address bits above the input width are all ones
	tbi      bool // the top byte is ignored
	disabled bool // EPDx
}

func newHalf(tcr, va uint64) half {
	if va>>55&1 == 0 {
		return half{
			bits:     inputBits(tcr >> TCR_T0SZ),
			granule:  uint(granuleTG0[tcr>>TCR_TG0&3]),
			tbi:      tcr&TCR_TBI0 != 0,
			disabled: tcr&TCR_EPD0 != 0,
		}
	}
	return half{
		bits:     inputBits(tcr >> TCR_T1SZ),
		granule:  uint(granuleTG1[tcr>>TCR_TG1&3]),
		upper:    true,
		tbi:      tcr&TCR_TBI1 != 0,
		disabled: tcr&TCR_EPD1 != 0,
	}
}

// inputBits returns the width that TxSZ gives, in bits. Without later extensions
// it is 25 to 48. The architecture leaves other values CONSTRAINED UNPREDICTABLE:
// here they act as the nearest valid one.
func inputBits(tsz uint64) uint { return min(max(64-uint(tsz&63), 25), 48) }
