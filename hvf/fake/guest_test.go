package fake

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
)

// Guest instructions, with their disassembly.
const (
	insnHVC  = 0xd4000002 // hvc #0
	insnHVC1 = 0xd4000022 // hvc #1
	insnSMC  = 0xd4000003 // smc #0
	insnWFI  = 0xd503207f // wfi
	insnMRS  = 0xd53be020 // mrs x0, cntpct_el0
	insnSelf = 0x14000000 // b .
	insnLDR  = 0xf9400020 // ldr x0, [x1]
)

// guest is a machine with one page of code at guestBase.
type guest struct {
	vm  hv.VM
	mem []byte
}

const guestBase = 0x10000

func newGuest(t testing.TB, h hv.Hypervisor, words ...uint32) *guest {
	t.Helper()
	vm, err := h.NewVM(hv.Config{})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{vm: vm, mem: pages(t, 1)}
	for i, w := range words {
		binary.LittleEndian.PutUint32(g.mem[4*i:], w)
	}
	if err := vm.Map(guestBase, g.mem, hv.ProtRead|hv.ProtExec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := vm.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// onVCPU runs f on a thread of its own, with a vCPU at the guest's first instruction
// at EL1.
func (g *guest) onVCPU(t testing.TB, index int, f func(v hv.VCPU)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		v, err := g.vm.NewVCPU(index)
		if err != nil {
			t.Error(err)
			return
		}
		defer v.Close()
		for r, val := range map[hv.Reg]uint64{hv.RegPC: guestBase, hv.RegCPSR: 0x3c5} {
			if err := v.SetReg(r, val); err != nil {
				t.Error(err)
			}
		}
		f(v)
	}()
	<-done
}

// run is Run, and fails the test on an error.
func run(t testing.TB, v hv.VCPU) hv.Exit {
	t.Helper()
	e, err := v.Run()
	if err != nil {
		t.Errorf("run: %v", err)
	}
	return e
}
