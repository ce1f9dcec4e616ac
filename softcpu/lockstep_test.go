package softcpu

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/gic"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
	linux "github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// machine is a machine just large enough for Linux: one CPU, a GICv3 and a UART
// that takes no time. Nothing in it depends on the host's time: its counter
// follows from the instructions executed, and from the waits that WFI skips. So
// the same guest executes the same instructions each time, on both engines.
type machine struct {
	*cpu
	ram     []byte
	bus     mmio.Bus
	gic     *gic.V3
	uart    uart
	irq     bool
	skipped uint64 // ticks
	off     bool
}

// instructionsPerTick makes the counter run as on a processor of 1 GHz that
// executes one instruction in each cycle.
const instructionsPerTick = uint64(1_000_000_000 / DefaultCounterFrequency)

func newMachine(t testing.TB, e Engine, start loaded) *machine {
	t.Helper()
	m := &machine{ram: alignSlice(make([]byte, lockstepRAM+hv.PageSize), hv.PageSize)[:lockstepRAM]}
	for _, s := range start.segments {
		if err := s.Load(m.ram[s.Addr : s.Addr+s.Size]); err != nil {
			t.Fatal(err)
		}
	}
	v := newVM(hv.Config{IPABits: 36}, Config{Engine: e, CodeMemory: DefaultCodeMemory})
	v.now = func() uint64 { return m.stats.Instructions/instructionsPerTick + m.skipped }
	if err := v.Map(0, m.ram, hv.ProtRead|hv.ProtWrite|hv.ProtExec); err != nil {
		t.Fatal(err)
	}
	c, err := v.NewVCPU(0)
	if err != nil {
		t.Fatal(err)
	}
	m.cpu = c.(*cpu)
	t.Cleanup(func() { m.Close() })
	if err := m.wire(); err != nil {
		t.Fatal(err)
	}
	m.setSysReg(aarch64.MPIDR_EL1, 1<<31)
	pfr0, _ := m.sysReg(aarch64.ID_AA64PFR0_EL1)
	m.setSysReg(aarch64.ID_AA64PFR0_EL1, pfr0|1<<24) // GIC system registers
	m.SetVTimerMask(true)                            // timers are polled
	m.PC, m.X[0] = start.plan.Entry, start.plan.DTB.Base
	return m
}

// wire connects the devices.
func (m *machine) wire() (err error) {
	m.gic, err = gic.NewV3(gic.Config{CPUs: 1, SPIs: 96, IRQ: []mmio.Line{mmio.LineFunc(func(high bool) { m.irq = high })}})
	if err != nil {
		return err
	}
	m.uart.irq = m.gic.SPI(boot.UARTIRQ - 32)
	for _, r := range []struct {
		mmio.Region
		mmio.Device
	}{
		{mmio.Region{Name: "gicd", Base: boot.GICDBase, Size: boot.GICDSize}, m.gic.Distributor()},
		{mmio.Region{Name: "gicr", Base: boot.GICRBase, Size: boot.GICRCPUSize}, m.gic.Redistributors()},
		{mmio.Region{Name: "uart", Base: boot.UARTBase, Size: boot.UARTSize}, &m.uart},
	} {
		if err := m.bus.Map(r.Region, r.Device); err != nil {
			return err
		}
	}
	return nil
}

// uart is as much of a PL011 as prints.
type uart struct {
	irq  mmio.Line
	imsc uint64
	out  bytes.Buffer
}

const uartTX = 1 << 5 // the transmit interrupt, which is always pending

func (u *uart) Read(a mmio.Access) uint64 {
	switch a.Off {
	case 0x18: // UARTFR: transmit FIFO empty, receive FIFO empty
		return 1<<7 | 1<<4
	case 0x38:
		return u.imsc
	case 0x3c:
		return uartTX
	case 0x40:
		return uartTX & u.imsc
	}
	if r := mmio.PrimeCellID(0x011, 1).Find(a); r != nil {
		return r.Reset
	}
	return 0
}

func (u *uart) Write(a mmio.Access, v uint64) {
	switch a.Off {
	case 0x00:
		u.out.WriteByte(byte(v))
	case 0x38:
		u.imsc = v
		u.irq.Set(v&uartTX != 0)
	}
}

// run executes n instructions, or until the guest is off.
func (m *machine) run(n uint64) error {
	for m.limit = m.stats.Instructions + n; !m.off; {
		m.updateTimer()
		m.SetIRQ(m.irq)
		exit, err := m.Run()
		if err != nil {
			return err
		}
		if exit.Reason == hv.ExitCanceled {
			return nil
		}
		if err := m.handle(exit); err != nil {
			return fmt.Errorf("%w at 0x%x", err, m.PC)
		}
	}
	return nil
}

func (m *machine) updateTimer() {
	m.gic.PPI(0, aarch64.VirtualTimerINTID-16).Set(aarch64.TimerHigh(m.cntvCTL()))
}

func (m *machine) handle(exit hv.Exit) error {
	switch exit.ESR.EC() {
	case aarch64.ECHVC64:
		m.call()
		return nil
	case aarch64.ECWFx:
		m.wait()
	case aarch64.ECSysReg:
		m.sysRegTrap(exit.ESR.SysRegTrap())
	case aarch64.ECDataAbortLower:
		d := exit.ESR.DataAbort()
		if !d.ISV {
			return fmt.Errorf("an access to 0x%x without a syndrome", exit.IPA)
		}
		m.access(exit.IPA, d)
	default:
		return fmt.Errorf("exit %+v", exit)
	}
	m.PC += 4
	return nil
}

// call answers PSCI.
func (m *machine) call() {
	switch uint32(m.X[0]) {
	case 0x8400_0000, 0x8000_0000: // PSCI_VERSION, SMCCC_VERSION
		m.X[0] = 1<<16 | 1
	case 0x8400_0006: // MIGRATE_INFO_TYPE: not required
		m.X[0] = 2
	case 0x8400_0008, 0x8400_0009: // SYSTEM_OFF, SYSTEM_RESET
		m.off = true
	default:
		m.X[0] = ^uint64(0)
	}
}

// wait lets the time until the timer's deadline pass, for a guest that has
// nothing to do before.
func (m *machine) wait() {
	if now := m.cntvct(); !m.irq && aarch64.TimerArmed(m.timer.ctl) && now < m.timer.cval {
		m.skipped += m.timer.cval - now
	}
}

func (m *machine) sysRegTrap(t aarch64.SysRegTrap) {
	if !t.Read {
		m.gic.WriteSysReg(0, t.Reg, m.x(t.Rt))
		return
	}
	v, _ := m.gic.ReadSysReg(0, t.Reg)
	m.setX(t.Rt, v)
}

func (m *machine) access(ipa uint64, d aarch64.DataAbort) {
	if d.Write {
		m.bus.Write(0, ipa, d.Size, m.x(d.Reg))
		return
	}
	v, _ := m.bus.Read(0, ipa, d.Size)
	m.setX(d.Reg, d.Extend(v))
}

// x and setX take 31 for XZR.
func (m *machine) x(r int) uint64 {
	if r == 31 {
		return 0
	}
	return m.X[r]
}

func (m *machine) setX(r int, v uint64) {
	if r != 31 {
		m.X[r] = v
	}
}

// TestLockstep boots Linux on both engines at once, and compares the registers
// every million instructions, and the memory every ramEvery. With little memory the
// start of the kernel has most of what there is to find: the rest is compared only
// if MINIBOOT_FULL is set.
func TestLockstep(t *testing.T) {
	duelled(t)
	if testing.Short() {
		t.Skip("skipped: boots Linux on both engines, not in short mode")
	}
	t.Run("default", func(t *testing.T) {
		kernel, err := linux.Kernel(t.Context(), os.Stderr)
		if err != nil {
			t.Skip("no kernel: ", err)
		}
		start := lockstepBoot(t, kernel, linux.CommandLine+" panic=-1 "+linux.RunParameter("ls /proc"))
		lockstep(t, start, lockstepOptions{})
		t.Run("little memory", func(t *testing.T) {
			o := lockstepOptions{forget: true, little: true, millions: 30}
			if os.Getenv("MINIBOOT_FULL") != "" {
				o.millions = 0
			}
			lockstep(t, start, o)
		})
	})
	for _, debian := range []string{"bookworm-cloud", "trixie-cloud"} {
		t.Run(debian, func(t *testing.T) {
			dir := os.Getenv("MINIBOOT_KERNELS")
			if dir == "" {
				t.Skip("MINIBOOT_KERNELS names no directory with Debian's kernels")
			}
			kernel := boot.File{Name: filepath.Join(dir, debian+".vmlinuz")}
			start := lockstepBoot(t, kernel, "console=ttyAMA0 panic=-1 "+linux.RunParameter("ls /proc"))
			lockstep(t, start, lockstepOptions{forget: true})
		})
	}
}

const (
	lockstepRAM = 128 << 20
	ramEvery    = 48 // million instructions
)

// zeros is a source of the same seeds each time.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// lockstepOptions say what is made hard.
type lockstepOptions struct {
	// forget makes both decode anew in each slice. A kernel that patches itself
	// and executes what it has patched before it executes IC gets the old
	// instruction or the new one, as the architecture allows, and the translator
	// decodes farther ahead than the interpreter.
	forget bool
	// little gives the translator as little memory as it can work with, and
	// evicts pages all the time; with forget, as which pages those are is random.
	little bool
	// millions of instructions are compared, or, if 0, all until the guest is off.
	millions int
}

// lockstep boots one kernel.
func lockstep(t *testing.T, start loaded, o lockstepOptions) {
	const want = "exit status 0"
	a, b := newMachine(t, Interpreter, start), newMachine(t, Translator, start)
	if o.little {
		if err := errors.Join(b.gen.close(), b.gen.start(probeSize)); err != nil {
			t.Fatal(err)
		}
	}
	last := false
	for million := 1; !last; million++ {
		stepTogether(t, a, b, million, o)
		last = a.off || million == o.millions
		compareMachines(t, a, b, million%ramEvery == 0 || last)
	}
	if o.millions == 0 && !bytes.Contains(a.uart.out.Bytes(), []byte(want)) {
		t.Errorf("the guest did not print %q:\n%s", want, a.uart.out.String())
	}
	if n := b.gen.t.Resets(); o.little && n < 500 {
		t.Errorf("the buffer was full %d times, want 500 at least", n)
	}
	t.Logf("%d instructions, the buffer was full %d times", a.stats.Instructions, b.gen.t.Resets())
}

// loaded is what a machine starts with.
type loaded struct {
	plan     *boot.Plan
	segments []boot.Segment
}

func lockstepBoot(t *testing.T, kernel boot.File, commandLine string) loaded {
	t.Helper()
	ram, err := boot.RAM(lockstepRAM)
	if err != nil {
		t.Fatal(err)
	}
	initrd, err := linux.Initramfs(t.Context(), os.Stderr)
	if err != nil {
		t.Skip("no userland: ", err)
	}
	plan, err := boot.Prepare(boot.Config{
		Machine: boot.Machine{CPUs: 1, RAM: ram, GIC: 3}, Kernel: kernel, Initrds: []boot.File{initrd},
		CommandLine: commandLine, Rand: zeros{},
	})
	if err != nil {
		t.Fatal(err)
	}
	segments, err := plan.Segments()
	if err != nil {
		t.Fatal(err)
	}
	return loaded{plan, segments}
}

// stepTogether runs a million instructions on each, in slices of several
// lengths, after each of which the timer is looked at. With little memory they are
// longer: its buffer is full several times in each.
func stepTogether(t *testing.T, a, b *machine, million int, o lockstepOptions) {
	t.Helper()
	for left := uint64(1e6); left > 0 && !a.off; {
		n := 20_000 + uint64(million)*7919%30_011
		if o.little {
			n *= 10
		}
		n = min(n, left)
		for _, m := range []*machine{a, b} {
			if o.forget {
				m.maintain(maintenance{kind: codeAll}, false)
			}
			if o.little {
				m.code.evict()
			}
			if err := m.run(n); err != nil {
				t.Fatalf("%v: %v\n%s", m.vm.cfg.Engine, err, m.uart.out.String())
			}
		}
		left -= n
	}
}

func compareMachines(t *testing.T, a, b *machine, memory bool) {
	t.Helper()
	if want, got := see(a.cpu), see(b.cpu); got != want {
		t.Fatalf("after %d instructions, interpreter -, translator +:\n%s\n%s", a.stats.Instructions, cmp.Diff(want, got), a.uart.out.String())
	}
	if memory && !bytes.Equal(a.ram, b.ram) {
		for i := range a.ram {
			if a.ram[i] != b.ram[i] {
				t.Fatalf("after %d instructions memory differs at 0x%x\n%s", a.stats.Instructions, i, a.uart.out.String())
			}
		}
	}
}
