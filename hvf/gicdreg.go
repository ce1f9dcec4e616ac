package hvf

import "fmt"

// DistributorReg is the offset of a register of the distributor, as in
// hv_gic_distributor_reg_t.
type DistributorReg uint16

const (
	DistributorRegCTLR  DistributorReg = 0x0000
	DistributorRegTYPER DistributorReg = 0x0004
	DistributorRegPIDR2 DistributorReg = 0xffe8
)

// Arrays of registers: indices into distributorArrays.
const (
	igroupr = iota
	isenabler
	icenabler
	ispendr
	icpendr
	isactiver
	icactiver
	ipriorityr
	icfgr
	irouter
)

var distributorArrays = [...]struct {
	name        string
	first, last int // index, inclusive
	base        DistributorReg
	stride      int // bytes
}{
	igroupr:    {"GICD_IGROUPR", 0, 31, 0x0080, 4},
	isenabler:  {"GICD_ISENABLER", 0, 31, 0x0100, 4},
	icenabler:  {"GICD_ICENABLER", 0, 31, 0x0180, 4},
	ispendr:    {"GICD_ISPENDR", 0, 31, 0x0200, 4},
	icpendr:    {"GICD_ICPENDR", 0, 31, 0x0280, 4},
	isactiver:  {"GICD_ISACTIVER", 0, 31, 0x0300, 4},
	icactiver:  {"GICD_ICACTIVER", 0, 31, 0x0380, 4},
	ipriorityr: {"GICD_IPRIORITYR", 0, 254, 0x0400, 4},
	icfgr:      {"GICD_ICFGR", 0, 63, 0x0c00, 4},
	irouter:    {"GICD_IROUTER", 32, 1019, 0x6100, 8},
}

func distributorReg(array, n int) DistributorReg {
	a := &distributorArrays[array]
	return a.base + DistributorReg((n-a.first)*a.stride)
}

// DistributorRegIGROUPR returns GICD_IGROUPR<n>, n from 0 to 31.
func DistributorRegIGROUPR(n int) DistributorReg { return distributorReg(igroupr, n) }

// DistributorRegISENABLER returns GICD_ISENABLER<n>, n from 0 to 31.
func DistributorRegISENABLER(n int) DistributorReg { return distributorReg(isenabler, n) }

// DistributorRegICENABLER returns GICD_ICENABLER<n>, n from 0 to 31.
func DistributorRegICENABLER(n int) DistributorReg { return distributorReg(icenabler, n) }

// DistributorRegISPENDR returns GICD_ISPENDR<n>, n from 0 to 31.
func DistributorRegISPENDR(n int) DistributorReg { return distributorReg(ispendr, n) }

// DistributorRegICPENDR returns GICD_ICPENDR<n>, n from 0 to 31.
func DistributorRegICPENDR(n int) DistributorReg { return distributorReg(icpendr, n) }

// DistributorRegISACTIVER returns GICD_ISACTIVER<n>, n from 0 to 31.
func DistributorRegISACTIVER(n int) DistributorReg { return distributorReg(isactiver, n) }

// DistributorRegICACTIVER returns GICD_ICACTIVER<n>, n from 0 to 31.
func DistributorRegICACTIVER(n int) DistributorReg { return distributorReg(icactiver, n) }

// DistributorRegIPRIORITYR returns GICD_IPRIORITYR<n>, n from 0 to 254.
func DistributorRegIPRIORITYR(n int) DistributorReg { return distributorReg(ipriorityr, n) }

// DistributorRegICFGR returns GICD_ICFGR<n>, n from 0 to 63.
func DistributorRegICFGR(n int) DistributorReg { return distributorReg(icfgr, n) }

// DistributorRegIROUTER returns GICD_IROUTER<n>, n from 32 to 1019.
func DistributorRegIROUTER(n int) DistributorReg { return distributorReg(irouter, n) }

// String returns the architectural name, or the offset of an unknown register.
func (r DistributorReg) String() string {
	switch r {
	case DistributorRegCTLR:
		return "GICD_CTLR"
	case DistributorRegTYPER:
		return "GICD_TYPER"
	case DistributorRegPIDR2:
		return "GICD_PIDR2"
	}
	for _, a := range distributorArrays {
		off := int(r) - int(a.base)
		if n := a.first + off/a.stride; off >= 0 && off%a.stride == 0 && n <= a.last {
			return fmt.Sprintf("%s%d", a.name, n)
		}
	}
	return fmt.Sprintf("GICD+0x%04x", uint16(r))
}
