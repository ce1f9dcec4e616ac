package fake

import (
	"errors"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/gic"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// frameworkGIC is the framework's own GIC: package gic at the addresses of
// hv_gic_create. It has a redistributor for each possible vCPU. The guest sees those
// of the vCPUs that were made.
type frameworkGIC struct {
	e              *engine
	v3             *gic.V3
	distributor    uint64
	redistributors uint64
	spis           []mmio.Line
}

// What hv_gic_get_spi_interrupt_range and the getters of sizes return.
const (
	firstSPI          = 32
	spis              = 988
	distributorSize   = 0x1_0000
	redistributorSize = 0x2_0000
)

func (e *engine) createGIC(distributor, redistributors uint64) error {
	cfg := gic.Config{CPUs: softcpu.MaxVCPUs, SPIs: spis}
	for i := range softcpu.MaxVCPUs {
		cfg.IRQ = append(cfg.IRQ, e.inputLine(i, false))
		cfg.FIQ = append(cfg.FIQ, e.inputLine(i, true))
	}
	v3, err := gic.NewV3(cfg)
	if err != nil {
		return err
	}
	g := &frameworkGIC{e: e, v3: v3, distributor: distributor, redistributors: redistributors}
	for i := range spis {
		g.spis = append(g.spis, v3.SPI(i))
	}
	e.gic.Store(g)
	return nil
}

// inputLine returns the line to an interrupt input of a vCPU. The GIC may drive it
// from any thread.
func (e *engine) inputLine(id int, fiq bool) mmio.Line {
	return mmio.LineFunc(func(high bool) {
		c := e.cpus[id].Load()
		if c == nil {
			return // it cannot be high: its CPU interface is disabled
		}
		level := &c.gic.irq
		if fiq {
			level = &c.gic.fiq
		}
		level.Store(high)
		if high {
			c.gic.notify()
		}
	})
}

// setSPI is hv_gic_set_spi. An edge-triggered interrupt fires each time that it is
// set, even if it was not lowered in between.
func (g *frameworkGIC) setSPI(intid uint32, level bool) {
	line := g.spis[intid-firstSPI]
	icfgr := g.v3.Distributor().Read(mmio.Access{Off: 0xc00 + uint64(intid/16*4), Size: 4})
	if level && icfgr>>(intid%16*2+1)&1 != 0 {
		line.Set(false)
	}
	line.Set(level)
}

// reset is hv_gic_reset. It does not reset the CPU interfaces, unlike package gic's
// Reset.
func (g *frameworkGIC) reset() {
	kept := [...]hvf.ICCReg{
		hvf.ICCRegPMR_EL1, hvf.ICCRegBPR0_EL1, hvf.ICCRegAP0R0_EL1, hvf.ICCRegAP1R0_EL1, hvf.ICCRegBPR1_EL1,
		hvf.ICCRegCTLR_EL1, hvf.ICCRegIGRPEN0_EL1, hvf.ICCRegIGRPEN1_EL1,
	}
	var values [softcpu.MaxVCPUs][len(kept)]uint64
	for id := range values {
		for i, reg := range kept {
			values[id][i], _ = g.v3.ReadSysReg(id, aarch64.SysReg(reg))
		}
	}
	g.v3.Reset()
	for id := range values {
		for i, reg := range kept {
			g.v3.WriteSysReg(id, aarch64.SysReg(reg), values[id][i])
		}
	}
}

// Kinds of registers, as in fake.h.
const (
	kindGICD = iota
	kindGICR
	kindICC
)

// Offsets with special rules.
const (
	gicdTYPER2 = 0xc
	gicdROUTER = 0x6000 // to 0x7fff: 64 bits each, with what is behind reserved
	gicrTYPER  = 0x8
	gicIdent   = 0xffd0 // to the end of a frame
	gicPIDR2   = 0xffe8

	gicrTYPERLast = 1 << 4
)

var errNoRegister = errors.New("fake: the GIC has no such register")

// access is hv_gic_get_*_reg and hv_gic_set_*_reg.
func (g *frameworkGIC) access(id, kind int, reg uint64, write bool, value *uint64) error {
	var dev mmio.Device
	a := mmio.Access{CPU: id, Off: reg, Size: 4}
	switch kind {
	case kindICC:
		return g.accessICC(id, aarch64.SysReg(reg), write, value)
	case kindGICD:
		dev = g.v3.Distributor()
		if reg >= gicdROUTER && reg < 0x8000 {
			a.Size = 8
		}
	case kindGICR:
		dev = redistributors{g}
		a.Off += uint64(id) * redistributorSize
		if reg == gicrTYPER {
			a.Size = 8
		}
	default:
		return errNoRegister
	}
	if write {
		dev.Write(a, *value)
	} else {
		*value = dev.Read(a)
	}
	return nil
}

func (g *frameworkGIC) accessICC(id int, reg aarch64.SysReg, write bool, value *uint64) error {
	ok := false
	if write {
		ok = g.v3.WriteSysReg(id, reg, *value)
	} else if v, readable := g.v3.ReadSysReg(id, reg); readable {
		*value, ok = v, true
	}
	if !ok {
		return errNoRegister
	}
	return nil
}

// frame returns the device at a guest physical address. It returns nil if an access
// exits, because there is no frame or the framework does not implement the register.
func (g *frameworkGIC) frame(ipa uint64) (dev mmio.Device, off uint64) {
	off = ipa - g.distributor
	switch created := uint64(g.e.created.Load()); {
	case off < distributorSize && off != gicdTYPER2:
		dev = g.v3.Distributor()
	case ipa-g.redistributors < created*redistributorSize:
		off = ipa - g.redistributors
		dev = redistributors{g}
	}
	if in := off % distributorSize; in >= gicIdent && in != gicPIDR2 {
		return nil, 0
	}
	return dev, off
}

// redistributors are the redistributors of the vCPUs that were made. GICR_TYPER.Last
// is set in the last of them.
type redistributors struct{ *frameworkGIC }

func (r redistributors) Read(a mmio.Access) uint64 {
	v := r.v3.Redistributors().Read(a)
	if last := uint64(r.e.created.Load()-1) * redistributorSize; a.Off == last+gicrTYPER {
		v |= gicrTYPERLast
	}
	return v
}

func (r redistributors) Write(a mmio.Access, v uint64) { r.v3.Redistributors().Write(a, v) }

// load performs the access of exit if it has a syndrome and is to the GIC.
func (g *frameworkGIC) load(c *cpu, exit hv.Exit) (done bool) {
	d := exit.ESR.DataAbort()
	dev, off := g.frame(exit.IPA)
	if dev == nil || !d.ISV || d.S1PTW {
		return false
	}
	a := mmio.Access{CPU: c.id, Off: off, Size: d.Size}
	if d.Write {
		dev.Write(a, c.x(d.Reg))
	} else {
		c.setX(d.Reg, d.Extend(dev.Read(a)))
	}
	c.advance()
	return true
}
