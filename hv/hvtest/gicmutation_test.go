package hvtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// mutantBackend returns the backend that is mutated for a case: the software CPU,
// or the fake if the case needs a GIC.
func mutantBackend(t *testing.T, c Case) hv.Hypervisor {
	if strings.HasPrefix(c.Name, gicGroup) {
		return fake.New(t, fake.Options{}).Hypervisor()
	}
	return softcpu.New(softcpu.Config{})
}

// gicHooks are the ways in which a mutant's GIC may differ.
type gicHooks struct {
	setSPI   func(g hv.GIC, intid uint32, high bool) error
	pendPPI  func(g hv.GIC, cpu int, intid uint32, pending bool) error
	reset    func(g hv.GIC) error
	resetCPU func(g hv.GIC, cpu int) error
}

// NewGIC makes every mutant a GICMaker, even if its backend has no GIC.
func (m *mutantVM) NewGIC(l hv.GICLayout) (hv.GIC, error) {
	maker, ok := m.VM.(hv.GICMaker)
	if !ok {
		return nil, fmt.Errorf("a mutant of a backend without a GIC: %w", hv.ErrNotAvailable)
	}
	g, err := maker.NewGIC(l)
	return mutantGIC{g, &m.h.gic}, err
}

type mutantGIC struct {
	hv.GIC
	h *gicHooks
}

func (m mutantGIC) SetSPI(intid uint32, high bool) error {
	if m.h.setSPI != nil {
		return m.h.setSPI(m.GIC, intid, high)
	}
	return m.GIC.SetSPI(intid, high)
}

func (m mutantGIC) PendPPI(cpu int, intid uint32, pending bool) error {
	if m.h.pendPPI != nil {
		return m.h.pendPPI(m.GIC, cpu, intid, pending)
	}
	return m.GIC.PendPPI(cpu, intid, pending)
}

func (m mutantGIC) Reset() error {
	if m.h.reset != nil {
		return m.h.reset(m.GIC)
	}
	return m.GIC.Reset()
}

func (m mutantGIC) ResetCPU(cpu int) error {
	if m.h.resetCPU != nil {
		return m.h.resetCPU(m.GIC, cpu)
	}
	return m.GIC.ResetCPU(cpu)
}

// gicMutations are mutations of a backend with a GIC.
var gicMutations = []mutation{
	{"an SPI is never deasserted", []string{"gic/spi", "gic/wfi"}, hooks{gic: gicHooks{
		setSPI: func(g hv.GIC, intid uint32, high bool) error { return g.SetSPI(intid, true) },
	}}},
	{"an SPI falls by itself", []string{"gic/spi"}, hooks{gic: gicHooks{
		setSPI: func(g hv.GIC, intid uint32, high bool) error {
			g.SetSPI(intid, high)
			return g.SetSPI(intid, false)
		},
	}}},
	{"an SPI is lost", []string{"gic/spi", "gic/wfi", "gic/wfi-kick"}, hooks{gic: gicHooks{
		setSPI: func(g hv.GIC, intid uint32, high bool) error { return nil },
	}}},
	{"an SPI is counted from 0", []string{"gic/spi", "gic/reset"}, hooks{gic: gicHooks{
		setSPI: func(g hv.GIC, intid uint32, high bool) error { return g.SetSPI(intid+32, high) },
	}}},
	{"a private interrupt stays pending", []string{"gic/ppi"}, hooks{gic: gicHooks{
		pendPPI: func(g hv.GIC, cpu int, intid uint32, pending bool) error { return g.PendPPI(cpu, intid, true) },
	}}},
	{"a private interrupt is lost", []string{"gic/ppi"}, hooks{gic: gicHooks{
		pendPPI: func(g hv.GIC, cpu int, intid uint32, pending bool) error { return nil },
	}}},
	{"any private interrupt is made pending", []string{"gic/errors"}, hooks{gic: gicHooks{
		pendPPI: func(g hv.GIC, cpu int, intid uint32, pending bool) error { return g.PendPPI(0, intid&15|16, pending) },
	}}},
	{"the GIC is not reset", []string{"gic/reset"}, hooks{gic: gicHooks{
		reset: func(g hv.GIC) error { return nil },
	}}},
	{"the CPU interface is not reset", []string{"gic/reset"}, hooks{gic: gicHooks{
		resetCPU: func(g hv.GIC, cpu int) error { return nil },
	}}},
	{"WFI waits for nothing", []string{"gic/wfi", "gic/vtimer-wfi", "gic/sgi"}, hooks{
		patch: map[uint32]uint32{0xd503207f: nop},
	}},
	{"WFI takes no kick", []string{"gic/wfi-kick"}, hooks{kick: func(m *mutant) bool { return false }}},
	{"the timer's interrupt does not come", []string{"gic/vtimer", "gic/vtimer-wfi", "gic/vtimer-handler"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) {
			if r == aarch64.CNTV_CTL_EL0 {
				v |= timerIMask
			}
			return v, true
		},
	}},
	{"the timer's interrupt comes early", []string{"gic/vtimer", "gic/vtimer-wfi"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) {
			if r == aarch64.CNTV_CVAL_EL0 {
				v /= 2
			}
			return v, true
		},
	}},
	{"the timer exits beside the GIC", []string{"gic/vtimer"}, hooks{
		after: onException(aarch64.ECHVC64, func(m *mutant, e *hv.Exit) {
			if ctl, _ := m.VCPU.SysReg(aarch64.CNTV_CTL_EL0); ctl == timerFiring {
				*e = hv.Exit{Reason: hv.ExitVTimer}
			}
		}),
	}},
	{"an SGI reaches nobody", []string{"gic/sgi"}, hooks{
		patch: map[uint32]uint32{0xd518cba0: nop}, // msr icc_sgi1r_el1, x0
	}},
	{"an SGI reaches its sender", []string{"gic/sgi"}, hooks{
		before: func(m *mutant) {
			if x0 := mustReg(m.VCPU, hv.RegX0); x0 == testSGI<<24|1<<1 {
				m.VCPU.SetReg(hv.RegX0, x0|1)
			}
		},
	}},
}
