package vmm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// gicHypervisor is scripted vCPUs beside an interrupt controller that records
// what is done to it.
type gicHypervisor struct {
	*fakeHypervisor
	gic *recordedGIC
}

type gicVM struct {
	hv.VM
	gic *recordedGIC
}

type recordedGIC struct {
	layout hv.GICLayout
	err    error // of NewGIC
	log    []string
}

func (h gicHypervisor) NewVM(cfg hv.Config) (hv.VM, error) {
	vm, err := h.fakeHypervisor.NewVM(cfg)
	return gicVM{vm, h.gic}, err
}

func (m gicVM) NewGIC(l hv.GICLayout) (hv.GIC, error) {
	m.gic.layout = l
	return m.gic, m.gic.err
}

func (g *recordedGIC) note(format string, args ...any) error {
	g.log = append(g.log, fmt.Sprintf(format, args...))
	return nil
}

func (g *recordedGIC) SetSPI(intid uint32, high bool) error { return g.note("spi %d %v", intid, high) }
func (g *recordedGIC) Reset() error                         { return g.note("reset") }
func (g *recordedGIC) ResetCPU(cpu int) error               { return g.note("reset cpu %d", cpu) }

func (g *recordedGIC) PendPPI(cpu int, intid uint32, pending bool) error {
	return g.note("ppi %d of %d %v", intid, cpu, pending)
}

// take returns what was done since the last take.
func (g *recordedGIC) take() []string {
	l := g.log
	g.log = nil
	return l
}

func newGICMachine(t *testing.T) (*Machine, *recordedGIC) {
	t.Helper()
	g := &recordedGIC{}
	m, err := New(Config{
		Hypervisor: gicHypervisor{&fakeHypervisor{}, g}, Kernel: bareImage(0x14000000), Memory: MinMemory, VCPUs: 2, BackendGIC: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, g
}

// TestBackendGICLines: the backend is where the devicetree says, and hears of
// each change of a line once.
func TestBackendGICLines(t *testing.T) {
	m, g := newGICMachine(t)
	want := hv.GICLayout{Distributor: 0x4000_0000, Redistributors: 0x5000_0000, RedistributorSpace: 0x1000_0000, SPIs: spis}
	if g.layout != want {
		t.Errorf("NewGIC(%+v), want %+v", g.layout, want)
	}
	line := spi(m.gic, boot.UARTIRQ)
	g.take()
	for _, high := range []bool{false, true, true, false, false, true} {
		line.Set(high)
	}
	if got, want := g.take(), []string{"spi 33 true", "spi 33 false", "spi 33 true"}; !slices.Equal(got, want) {
		t.Errorf("low, high twice, low twice, high: %q, want %q", got, want)
	}
	timer := m.gic.PPI(1, physicalTimerPPI)
	for _, high := range []bool{false, true, true, false} {
		timer.Set(high)
	}
	if got, want := g.take(), []string{"ppi 30 of 1 true", "ppi 30 of 1 false"}; !slices.Equal(got, want) {
		t.Errorf("a timer: %q, want %q", got, want)
	}
	if err := m.gic.reset(); err != nil {
		t.Error(err)
	}
	got := g.take()
	if len(got) < 2 || got[0] != "reset" || !slices.Contains(got, "spi 33 true") || !slices.Contains(got, "spi 35 false") {
		t.Errorf("reset: %q, want the lines' levels stated after it", got)
	}
}

// TestBackendGICRest: accesses to the frames that the backend does not answer.
func TestBackendGICRest(t *testing.T) {
	m, _ := newGICMachine(t)
	for _, r := range []struct {
		addr  uint64
		there bool
		want  uint64
	}{
		{boot.GICDBase + 0xffe8, true, 0x30}, {boot.GICDBase + 0xc, true, 0}, {boot.GICCBase, false, 0},
		{boot.GICRBase + 0xffe8, true, 0x30}, {boot.GICRBase + 0x2_ffe8, true, 0x30}, {boot.GICRBase + 0x4_0000, false, 0},
	} {
		if ok := m.bus.Write(0, r.addr, 4, ^uint64(0)); ok != r.there {
			t.Errorf("write 0x%x: there is a device: %v, want %v", r.addr, ok, r.there)
		}
		if v, ok := m.bus.Read(0, r.addr, 4); v != r.want || ok != r.there {
			t.Errorf("read 0x%x: 0x%x, %v, want 0x%x, %v", r.addr, v, ok, r.want, r.there)
		}
	}
	for _, reg := range []aarch64.SysReg{aarch64.ICC_IAR1_EL1, aarch64.ICC_SGI1R_EL1} {
		if _, ok := m.gic.readSysReg(0, reg); ok || m.gic.writeSysReg(0, reg, 0) {
			t.Errorf("system register 0x%x is emulated beside the backend's", reg)
		}
	}
}

// TestBackendGICWFI: a WFI that exits beside the backend's interrupt controller, which it
// should not, waits: for a timer or somebody who asks for the vCPU, but never long,
// because nobody tells of an interrupt.
func TestBackendGICWFI(t *testing.T) {
	for _, c := range []struct {
		name  string
		timer time.Duration // until the virtual timer fires; 0: it is off
		look  bool
		wake  time.Duration // 0: nobody does
		want  time.Duration
	}{
		{"nothing", 0, false, 0, time.Millisecond},
		{"a timer later", 2 * time.Millisecond, false, 0, time.Millisecond},
		{"a timer", 250 * time.Microsecond, false, 0, 250 * time.Microsecond},
		{"a timer that is due", -time.Microsecond, false, 0, 0},
		{"somebody has asked", 0, true, 0, 0},
		{"somebody asks", 0, false, 100 * time.Microsecond, 100 * time.Microsecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			m, _ := newGICMachine(t)
			v, cpu := m.vcpus[0], newFakeCPU(&fakeHypervisor{}, 0)
			v.attach(cpu)
			v.sleeper = newParking()
			if c.timer != 0 {
				cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
				cpu.sys[aarch64.CNTV_CVAL_EL0] = v.now() + uint64(c.timer*24/1000)
			}
			v.look.Store(c.look)
			if c.wake != 0 {
				time.AfterFunc(c.wake, v.notify)
			}
			began := time.Now()
			mustHandle(t, v, exception(aarch64.ECWFx, uint32(aarch64.WFI)))
			if d := time.Since(began); d != c.want || cpu.reg[hv.RegPC] != 4 {
				t.Errorf("%s: it waited %v and PC is 0x%x, want %v and the next instruction", c.name, d, cpu.reg[hv.RegPC], c.want)
			}
		})
	}
}

// TestBackendGICErrors: one line that says what to do.
func TestBackendGICErrors(t *testing.T) {
	absent := &recordedGIC{err: fmt.Errorf("hvf: new gic: hv_gic_create: %w", hvf.ErrNotAvailable)}
	for _, c := range []struct {
		name string
		h    hv.Hypervisor
		gic  int
		want string
	}{
		{"a backend without one", &fakeHypervisor{}, 3, "no interrupt controller of the backend's own: this backend cannot make one"},
		{"an old macOS", gicHypervisor{&fakeHypervisor{}, absent}, 3, "not available on this macOS"},
		{"GICv2", gicHypervisor{&fakeHypervisor{}, &recordedGIC{}}, 2, "is a GICv3, not a GICv2: give GIC 3"},
	} {
		_, err := New(Config{Hypervisor: c.h, Kernel: bareImage(0x14000000), Memory: MinMemory, GIC: c.gic, BackendGIC: true})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", c.name, err, c.want)
		}
		if c.name == "an old macOS" && !errors.Is(err, hvf.ErrNotAvailable) {
			t.Errorf("%s: %v does not wrap %v", c.name, err, hvf.ErrNotAvailable)
		}
	}
}
