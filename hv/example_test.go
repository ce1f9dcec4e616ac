package hv_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
)

// toy is a backend that has just been begun: an interpreter of four instructions,
// with one mapping, and without interrupts, timer and translation.
type toy struct{}

func (toy) NewVM(hv.Config) (hv.VM, error) { return &toyVM{start: time.Now()}, nil }

// toyVM embeds the interface for the methods that are not written yet.
type toyVM struct {
	hv.VM
	start  time.Time
	gpa    uint64
	mem    []byte
	vcpus  atomic.Int32 // open
	closed bool
}

func (m *toyVM) Map(gpa uint64, mem []byte, _ hv.Prot) error {
	m.gpa, m.mem = gpa, mem
	return nil
}

func (m *toyVM) Counter() uint64          { return uint64(time.Since(m.start)) }
func (m *toyVM) CounterFrequency() uint64 { return uint64(time.Second) }

func (m *toyVM) NewVCPU(int) (hv.VCPU, error) {
	if m.closed {
		return nil, errors.New("toy: new vcpu: the vm is closed")
	}
	m.vcpus.Add(1)
	return &toyCPU{vm: m}, nil
}

func (m *toyVM) Close() error {
	if n := m.vcpus.Load(); n > 0 {
		return fmt.Errorf("toy: close vm: %d vcpus are open, close them first", n)
	}
	m.closed = true
	return nil
}

type toyCPU struct {
	hv.VCPU
	vm     *toyVM
	reg    [hv.RegCPSR + 1]uint64
	kicked atomic.Bool
}

// Run looks for a kick before each instruction, including the first.
func (c *toyCPU) Run() (hv.Exit, error) {
	for !c.kicked.Swap(false) {
		pc := &c.reg[hv.RegPC]
		off := *pc - c.vm.gpa
		if off > uint64(len(c.vm.mem))-4 || c.vm.mem == nil {
			exit := exception(aarch64.ECInstrAbortLower, uint32(aarch64.FSCTranslation))
			exit.FAR, exit.IPA = *pc, *pc
			return exit, nil
		}
		word := binary.LittleEndian.Uint32(c.vm.mem[off:])
		switch imm16 := (word >> 5) & 0xffff; {
		case word&0xffe0001f == 0xd4000002: // hvc #imm16: the PC is past it
			*pc += 4
			return exception(aarch64.ECHVC64, imm16), nil
		case word&0xffe0001f == 0xd4000003: // smc #imm16: the PC is at it
			return exception(aarch64.ECSMC64, imm16), nil
		case word == 0xd503207f: // wfi
			return exception(aarch64.ECWFx, uint32(aarch64.WFI)), nil
		case word>>26 == 0x05: // b imm26
			*pc += uint64(int64(int32(word<<6)>>6) * 4)
		default:
			return hv.Exit{}, fmt.Errorf("toy: instruction 0x%08x at 0x%x: not implemented", word, *pc)
		}
	}
	return hv.Exit{Reason: hv.ExitCanceled}, nil
}

func exception(ec aarch64.EC, iss uint32) hv.Exit {
	return hv.Exit{Reason: hv.ExitException, ESR: aarch64.MakeESR(ec, iss)}
}

func (c *toyCPU) Reg(r hv.Reg) (uint64, error)           { return c.reg[r], nil }
func (c *toyCPU) SetReg(r hv.Reg, v uint64) error        { c.reg[r] = v; return nil }
func (c *toyCPU) SetSysReg(aarch64.SysReg, uint64) error { return nil }
func (c *toyCPU) SetVTimerMask(bool) error               { return nil }
func (c *toyCPU) SetVTimerOffset(uint64) error           { return nil }
func (c *toyCPU) Kick()                                  { c.kicked.Store(true) }
func (c *toyCPU) Close() error                           { c.vm.vcpus.Add(-1); return nil }

// The author of a backend begins with the suite's first cases, and extends the
// backend until hvtest.Run passes.
func Example() {
	first := map[string]bool{
		"vm/runs": true, "vm/counter": true, "vm/close": true, "vm/again": true, "vm/vcpu-again": true,
		"exit/hvc": true, "exit/smc": true, "exit/wfi": true, "kick/before-run": true, "kick/every-one": true,
	}
	for _, c := range hvtest.Cases() {
		if first[c.Name] {
			fmt.Println(c.Name, c.Check(toy{}))
		}
	}
	// Output:
	// vm/runs <nil>
	// vm/counter <nil>
	// vm/close <nil>
	// vm/again <nil>
	// vm/vcpu-again <nil>
	// exit/hvc <nil>
	// exit/smc <nil>
	// exit/wfi <nil>
	// kick/before-run <nil>
	// kick/every-one <nil>
}
