package vmm

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// backendGIC is the interrupt controller that the backend runs itself. The
// guest's accesses to it, its WFI and its timers' interrupts do not exit. The
// machine only drives the devices' lines.
type backendGIC struct {
	hv.GIC
	cpus  int
	log   *slog.Logger
	lines []*backendLine // SPIs that have a device
}

// ErrNoBackendGIC says that the backend has no interrupt controller, which
// Config.BackendGIC asks for.
var ErrNoBackendGIC = errors.New("no interrupt controller of the backend's own")

// newBackendGIC asks vm for its own interrupt controller.
func newBackendGIC(vm hv.VM, cpus int, log *slog.Logger) (*backendGIC, error) {
	maker, ok := vm.(hv.GICMaker)
	if !ok {
		return nil, fmt.Errorf("vmm: %w: this backend cannot make one", ErrNoBackendGIC)
	}
	g, err := maker.NewGIC(hv.GICLayout{
		Distributor: boot.GICDBase, Redistributors: boot.GICRBase, RedistributorSpace: boot.GICRSize, SPIs: spis,
	})
	if err != nil {
		return nil, fmt.Errorf("vmm: %w: %w", ErrNoBackendGIC, err)
	}
	return &backendGIC{GIC: g, cpus: cpus, log: log}, nil
}

// backendLine is an SPI's line. Devices state levels again and again; the backend
// hears of changes.
type backendLine struct {
	g     *backendGIC
	intid uint32

	mu   sync.Mutex // below a device's lock; held for a call that does not block
	high bool
}

// Set drives the line.
func (l *backendLine) Set(high bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.high != high {
		l.high = high
		l.stateLocked()
	}
}

// stateLocked fails only for a line of a machine that is closed.
func (l *backendLine) stateLocked() { _ = l.g.SetSPI(l.intid, l.high) }

// SPI returns the line of shared interrupt n, from 0. Each has one.
func (g *backendGIC) SPI(n int) mmio.Line {
	l := &backendLine{g: g, intid: uint32(32 + n)}
	g.lines = append(g.lines, l)
	return l
}

// PPI returns the line of private interrupt n, from 0, of a CPU. Only that CPU's
// routine drives it. To the backend the interrupt is pending or not, so only
// changes of the level are passed on.
func (g *backendGIC) PPI(cpu, n int) mmio.Line {
	level := false
	return mmio.LineFunc(func(high bool) {
		if high == level {
			return
		}
		level = high
		if err := g.PendPPI(cpu, uint32(16+n), high); err != nil {
			g.log.Warn("vmm: a private interrupt is lost", "vcpu", cpu, "interrupt", 16+n, "err", err)
		}
	})
}

// reset leaves the lines at the levels that the devices drive them to.
func (g *backendGIC) reset() error {
	if err := g.Reset(); err != nil {
		return fmt.Errorf("vmm: reset the interrupt controller: %w", err)
	}
	for _, l := range g.lines {
		l.mu.Lock()
		l.stateLocked()
		l.mu.Unlock()
	}
	return nil
}

func (g *backendGIC) resetCPU(cpu int) error {
	if err := g.ResetCPU(cpu); err != nil {
		return fmt.Errorf("vmm: reset the interrupt controller: %w", err)
	}
	return nil
}

// No ICC_* register traps.
func (g *backendGIC) readSysReg(int, aarch64.SysReg) (uint64, bool) { return 0, false }
func (g *backendGIC) writeSysReg(int, aarch64.SysReg, uint64) bool  { return false }

// mapOn puts the parts of the frames that the backend does not implement on the
// bus.
func (g *backendGIC) mapOn(b *mmio.Bus) error {
	if err := b.Map(mmio.Region{Name: "gicd", Base: boot.GICDBase, Size: boot.GICDSize}, restOfGIC{}); err != nil {
		return err
	}
	size := uint64(g.cpus) * boot.GICRCPUSize
	return b.Map(mmio.Region{Name: "gicr", Base: boot.GICRBase, Size: size}, restOfGIC{})
}

// restOfGIC answers the accesses to the frames that the backend leaves
// unanswered. These registers read as zero and ignore writes, except the version.
type restOfGIC struct{}

// Each 64 KiB frame has its identification at the end (IHI 0069, chapter 12).
const (
	gicFrameMask  = 0xffff
	gicPIDR2      = 0xffe8 // GICD_PIDR2, GICR_PIDR2
	gicPIDR2GICv3 = 3 << 4 // ArchRev
)

func (restOfGIC) Read(a mmio.Access) uint64 {
	if a.Off&gicFrameMask == gicPIDR2 {
		return gicPIDR2GICv3
	}
	return 0
}

func (restOfGIC) Write(mmio.Access, uint64) {}
