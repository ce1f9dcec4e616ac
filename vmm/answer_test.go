package vmm

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
)

// What a backend asks about is answered as an exit for it would be, or refused, and
// then it exits.
func TestAnswers(t *testing.T) {
	v, _ := onlineCPU(t, Config{})
	a := answerer{v}
	if !a.Store(boot.UARTBase+0x24, 4, 0xabcd) || !a.WriteSysReg(aarch64.ICC_PMR_EL1, 0xf0) {
		t.Error("a write is refused")
	}
	if val, ok := a.Load(boot.UARTBase+0x24, 4); !ok || val != 0xabcd {
		t.Errorf("UARTIBRD reads 0x%x, %v, want 0xabcd", val, ok)
	}
	if val, ok := a.ReadSysReg(aarch64.ICC_PMR_EL1); !ok || val != 0xf0 {
		t.Errorf("ICC_PMR_EL1 reads 0x%x, %v, want 0xf0", val, ok)
	}
	nowhere, nothing := uint64(boot.GPIOBase+boot.GPIOSize), aarch64.SysRegOf(3, 0, 2, 7, 7)
	if a.Store(nowhere, 4, 0) || a.WriteSysReg(nothing, 0) {
		t.Error("a write to nothing is answered")
	}
	if _, ok := a.Load(nowhere, 4); ok {
		t.Error("a load from nothing is answered")
	}
	if _, ok := a.ReadSysReg(nothing); ok {
		t.Error("a read of no register is answered")
	}
	for kind, want := range map[exitKind]uint64{exitMMIO: 2, exitSysReg: 2} {
		if got := v.counts.n[kind]; got != want {
			t.Errorf("%d exits counted as %s, want %d", got, exitNames[kind], want)
		}
	}
}

// After an answer the backend knows the inputs' levels, and the virtual timer's exit is
// unmasked when the guest has silenced the timer.
func TestAnswerSettles(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	a := answerer{v}
	for _, high := range []bool{true, false} {
		v.irq.Store(high)
		v.fiq.Store(high)
		a.Load(boot.UARTBase+0x24, 4)
		if cpu.irq != high || cpu.fiq != high {
			t.Errorf("IRQ and FIQ are stated %v and %v, want %v", cpu.irq, cpu.fiq, high)
		}
	}
	v.vtimerFired()
	cpu.masked = true
	cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_ISTATUS
	if a.ReadSysReg(aarch64.ICC_RPR_EL1); !cpu.masked {
		t.Error("the timer that is still high is unmasked")
	}
	cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
	if a.ReadSysReg(aarch64.ICC_RPR_EL1); cpu.masked || v.vtimerMasked {
		t.Error("the silenced timer stays masked")
	}
}

// The counts of a guest that never leaves Run are shown, and at the end all are.
func TestCountsAreShown(t *testing.T) {
	v, _ := onlineCPU(t, Config{})
	const n = 2*mostLate + 1
	for range n {
		answerer{v}.Load(boot.UARTBase+0x24, 4)
	}
	if got := v.m.Stats().VCPUs[0].Exits[exitMMIO]; got != n-1 {
		t.Errorf("%d of %d are shown, want all but 1", got, n)
	}
	v.counts.show()
	if got := v.m.Stats().VCPUs[0].Exits[exitMMIO]; got != n {
		t.Errorf("%d are shown at the end, want %d", got, n)
	}
}

// A timer that the guest has silenced is low when the guest ends its interrupt, which
// is not pending again.
func TestAnswerEndsTimerInterrupt(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	ppi27(t, v)
	a := answerer{v}
	cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_ISTATUS
	v.vtimerFired()
	if id, _ := a.ReadSysReg(aarch64.ICC_IAR1_EL1); id != aarch64.VirtualTimerINTID {
		t.Fatalf("interrupt %d, want the timer's", id)
	}
	v.inGuest.Store(true)
	cpu.sys[aarch64.CNTV_CTL_EL0] = 0
	if a.WriteSysReg(aarch64.ICC_EOIR1_EL1, aarch64.VirtualTimerINTID); v.irq.Load() || len(cpu.kicks) != 0 {
		t.Errorf("IRQ %v, %d kicks after the end of the interrupt, want none", v.irq.Load(), len(cpu.kicks))
	}
}
