package hv_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
)

// toy is a backend: an interpreter of seven instructions, without interrupts,
// timer and translation. Its register methods trust their caller.
type toy struct{}

func (toy) NewVM(hv.Config) (hv.VM, error) { return &toyVM{start: time.Now()}, nil }

type toyVM struct {
	start time.Time

	mu     sync.Mutex
	memory []toyMapping
	vcpus  int // open
	closed bool
}

type toyMapping struct {
	gpa uint64
	mem []byte
}

func (m *toyVM) Map(gpa uint64, mem []byte, _ hv.Prot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memory = append(m.memory, toyMapping{gpa, mem})
	return nil
}

func (m *toyVM) Unmap(gpa, size uint64) error              { return errors.New("toy: not implemented") }
func (m *toyVM) Protect(gpa, size uint64, _ hv.Prot) error { return errors.New("toy: not implemented") }
func (m *toyVM) Counter() uint64                           { return uint64(time.Since(m.start)) }
func (m *toyVM) CounterFrequency() uint64                  { return uint64(time.Second) }

// at returns size bytes of guest memory at ipa, or nil if they are unmapped.
func (m *toyVM) at(ipa, size uint64) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.memory {
		if off := ipa - r.gpa; off < uint64(len(r.mem)) && size <= uint64(len(r.mem))-off {
			return r.mem[off:][:size]
		}
	}
	return nil
}

func (m *toyVM) NewVCPU(int) (hv.VCPU, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errors.New("toy: new vcpu: the vm is closed")
	}
	m.vcpus++
	return &toyCPU{vm: m, sys: map[aarch64.SysReg]uint64{}}, nil
}

func (m *toyVM) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.vcpus > 0 {
		return fmt.Errorf("toy: close vm: %d vcpus are open, close them first", m.vcpus)
	}
	m.closed = true
	return nil
}

type toyCPU struct {
	vm     *toyVM
	reg    [hv.RegCPSR + 1]uint64
	sys    map[aarch64.SysReg]uint64
	xzr    uint64 // what is written to it is lost
	kicked atomic.Bool
}

// Run looks for a kick before each instruction, including the first.
func (c *toyCPU) Run() (hv.Exit, error) {
	for !c.kicked.Swap(false) {
		if exit, err := c.step(); exit.Reason != hv.ExitUnknown || err != nil {
			return exit, err
		}
	}
	return hv.Exit{Reason: hv.ExitCanceled}, nil
}

// step executes an instruction. The reason is ExitUnknown if there is no exit.
func (c *toyCPU) step() (hv.Exit, error) {
	pc := &c.reg[hv.RegPC]
	code := c.vm.at(*pc, 4)
	if code == nil {
		return exception(aarch64.ECInstrAbortLower, uint32(aarch64.FSCTranslation), *pc), nil
	}
	word := binary.LittleEndian.Uint32(code)
	imm16 := word >> 5 & 0xffff
	switch {
	case word&0xffe0001f == 0xd4000002: // hvc #imm16: the PC is past it
		*pc += 4
		return exception(aarch64.ECHVC64, imm16, 0), nil
	case word&0xffe0001f == 0xd4000003: // smc #imm16: the PC is at it
		return exception(aarch64.ECSMC64, imm16, 0), nil
	case word == 0xd503207f: // wfi
		return exception(aarch64.ECWFx, uint32(aarch64.WFI), 0), nil
	case word>>26 == 0x05: // b imm26
		*pc += uint64(int64(int32(word<<6)>>6) * 4)
		return hv.Exit{Reason: hv.ExitUnknown}, nil
	case word&0xffe00000 == 0xd2800000: // movz xd, #imm16
		*c.x(word & 31) = uint64(imm16)
	case word&0xff800000 == 0xf9000000: // str xt, [xn, #imm12 * 8], ldr
		addr := c.reg[word>>5&31] + uint64(word>>10&0xfff)*8 // 31 would be SP, which is left out
		store, mem := word&(1<<22) == 0, c.vm.at(addr, 8)
		switch {
		case mem == nil: // ISV, 8 bytes, Xt, SF
			iss := 1<<24 | 3<<22 | (word&31)<<16 | 1<<15 | uint32(aarch64.FSCTranslation)
			if store {
				iss |= 1 << 6
			}
			return exception(aarch64.ECDataAbortLower, iss, addr), nil
		case store:
			binary.LittleEndian.PutUint64(mem, *c.x(word & 31))
		default:
			*c.x(word & 31) = binary.LittleEndian.Uint64(mem)
		}
	default:
		return hv.Exit{}, fmt.Errorf("toy: instruction 0x%08x at 0x%x: not implemented", word, *pc)
	}
	*pc += 4
	return hv.Exit{Reason: hv.ExitUnknown}, nil
}

// x returns a register as an operand: 31 is XZR, not the PC.
func (c *toyCPU) x(n uint32) *uint64 {
	if n == 31 {
		c.xzr = 0
		return &c.xzr
	}
	return &c.reg[n]
}

// exception returns an exit. addr is the address of an abort; virtual and
// physical addresses are the same here.
func exception(ec aarch64.EC, iss uint32, addr uint64) hv.Exit {
	return hv.Exit{Reason: hv.ExitException, ESR: aarch64.MakeESR(ec, iss), FAR: addr, IPA: addr}
}

func (c *toyCPU) Reg(r hv.Reg) (uint64, error)               { return c.reg[r], nil }
func (c *toyCPU) SetReg(r hv.Reg, v uint64) error            { c.reg[r] = v; return nil }
func (c *toyCPU) SysReg(r aarch64.SysReg) (uint64, error)    { return c.sys[r], nil }
func (c *toyCPU) SetSysReg(r aarch64.SysReg, v uint64) error { c.sys[r] = v; return nil }
func (c *toyCPU) SIMDReg(int) (q [2]uint64, err error)       { return q, nil }
func (c *toyCPU) SetSIMDReg(int, [2]uint64) error            { return nil }
func (c *toyCPU) SetIRQ(bool) error                          { return nil }
func (c *toyCPU) SetFIQ(bool) error                          { return nil }
func (c *toyCPU) SetVTimerMask(bool) error                   { return nil }
func (c *toyCPU) SetVTimerOffset(uint64) error               { return nil }
func (c *toyCPU) Kick()                                      { c.kicked.Store(true) }

func (c *toyCPU) Close() error {
	c.vm.mu.Lock()
	defer c.vm.mu.Unlock()
	c.vm.vcpus--
	return nil
}

// The author of a backend begins with the suite's first cases, and extends the
// backend until hvtest.Run passes.
func Example() {
	first := []string{
		"vm/runs", "vm/counter", "vm/close", "vm/again", "vm/vcpu-again", "exit/hvc", "exit/smc", "exit/wfi",
		"kick/before-run", "kick/coalesces", "kick/every-one", "kick/storm",
	}
	for _, c := range hvtest.Cases() {
		if !slices.Contains(first, c.Name) {
			continue
		}
		if err := c.Check(toy{}); err != nil {
			fmt.Println(c.Name, err)
		} else {
			fmt.Println(c.Name, "ok")
		}
	}
	// Output:
	// vm/runs ok
	// vm/counter ok
	// vm/close ok
	// vm/again ok
	// vm/vcpu-again ok
	// exit/hvc ok
	// exit/smc ok
	// exit/wfi ok
	// kick/before-run ok
	// kick/coalesces ok
	// kick/every-one ok
	// kick/storm ok
}

// A machine around a vCPU runs the guest and emulates the device that the guest
// writes to. The example ignores errors.
func ExampleVCPU() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	vm, _ := toy{}.NewVM(hv.Config{})
	defer vm.Close()
	ram := make([]byte, hv.PageSize) // other backends want it aligned, and off Go's heap
	for i, word := range []uint32{
		0xd2800820, // movz x0, #0x41
		0xf9000020, // str x0, [x1]
		0xd4000022, // hvc #1
	} {
		binary.LittleEndian.PutUint32(ram[4*i:], word)
	}
	vm.Map(0x8000_0000, ram, hv.ProtRead|hv.ProtExec)
	cpu, _ := vm.NewVCPU(0)
	defer cpu.Close()
	cpu.SetReg(hv.RegPC, 0x8000_0000)
	cpu.SetReg(hv.RegX1, 0x4002_0000)
	for {
		exit, _ := cpu.Run()
		switch exit.ESR.EC() {
		case aarch64.ECDataAbortLower:
			abort := exit.ESR.DataAbort()
			v, _ := cpu.Reg(hv.Reg(abort.Reg))
			fmt.Printf("%d bytes to 0x%x: 0x%x\n", abort.Size, exit.IPA, v)
			pc, _ := cpu.Reg(hv.RegPC)
			cpu.SetReg(hv.RegPC, pc+4)
		case aarch64.ECHVC64:
			fmt.Printf("hvc #%d\n", exit.ESR.Imm16())
			return
		}
	}
	// Output:
	// 8 bytes to 0x40020000: 0x41
	// hvc #1
}
