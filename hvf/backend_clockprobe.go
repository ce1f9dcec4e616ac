package hvf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

// probe is the code of a guest that reads its counter and the counter's rate.
var probe = [...]uint32{
	0xd53be040, // mrs x0, cntvct_el0
	0xd53be001, // mrs x1, cntfrq_el0
	0xd4000002, // hvc #0
}

// probeClock asks a guest, in a machine of its own, which rate it reads, and in which
// unit the framework takes the offset of its counter. No document tells. The offset is
// the present mach_absolute_time. If that is taken in the same unit, the counter has
// just begun. Otherwise it is as far as if the Mac had been running at the difference of
// the two rates.
func (fw *Framework) probeClock(base [2]uint32) (clock, error) {
	start := fw.MachAbsoluteTime()
	cntvct, hz, err := fw.runProbe(start)
	if err != nil {
		return clock{}, fmt.Errorf("hvf: find out at which rate a guest counts: %w", err)
	}
	if hz == 0 || hz > 1<<32 {
		return clock{}, fmt.Errorf("hvf: a guest reads 0x%x from CNTFRQ_EL0: this version cannot count with it, please report it", hz)
	}
	c := newClock(hz, base)
	ahead := c.counter(start) - start // where the counter would be if the offset were in its own ticks
	c.offsetInMach = distance(cntvct, 0) < distance(cntvct, ahead)
	return c, nil
}

// distance is how far apart two readings of a counter are.
func distance(a, b uint64) uint64 { return min(a-b, b-a) }

// runProbe makes a machine, runs the probe with an offset of the counter, and returns
// what it read. The machine is gone afterwards.
func (fw *Framework) runProbe(offset uint64) (cntvct, hz uint64, err error) {
	mem, err := hostmem.New(hv.PageSize, hostmem.Range{Size: hv.PageSize})
	if err != nil {
		return 0, 0, err
	}
	defer mem.Free()
	for i, word := range probe {
		binary.LittleEndian.PutUint32(mem[0].Mem[4*i:], word)
	}
	h := &hypervisor{fw: fw, clock: clock{hz: 1, num: 1, den: 1}} // gives the offset to the framework as it is
	m, err := h.newVM(hv.Config{})
	if err != nil {
		return 0, 0, err
	}
	if err = m.Map(0, mem[0].Mem, hv.ProtRead|hv.ProtExec); err == nil {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // a vCPU belongs to its thread
			defer runtime.UnlockOSThread()
			cntvct, hz, err = m.readClock(offset)
		}()
		<-done
	}
	return cntvct, hz, errors.Join(err, m.Close())
}

// readClock runs the probe on a vCPU of its own.
func (m *vm) readClock(offset uint64) (cntvct, hz uint64, err error) {
	cpu, err := m.NewVCPU(0)
	if err != nil {
		return 0, 0, err
	}
	defer cpu.Close()
	for _, set := range []func() error{
		func() error { return cpu.SetSysReg(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset) },
		func() error { return cpu.SetReg(hv.RegCPSR, 15<<aarch64.PSTATE_DAIF|aarch64.PSTATE_EL1h) },
		func() error { return cpu.SetReg(hv.RegPC, 0) },
		func() error { return cpu.SetVTimerMask(true) },
		func() error { return cpu.SetVTimerOffset(offset) },
	} {
		if err := set(); err != nil {
			return 0, 0, err
		}
	}
	exit, err := cpu.Run()
	if err == nil && (exit.Reason != hv.ExitException || exit.ESR.EC() != aarch64.ECHVC64) {
		err = fmt.Errorf("the guest ended with %v, ESR 0x%x, not with its HVC: please report it", exit.Reason, uint64(exit.ESR))
	}
	if err == nil {
		cntvct, err = cpu.Reg(hv.RegX0)
	}
	if err == nil {
		hz, err = cpu.Reg(hv.RegX1)
	}
	return cntvct, hz, err
}
