package oracle

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// Runner runs cases. Oracle and Machine are Runners.
type Runner interface {
	// Run returns a result for each case, in order.
	Run([]Case) ([]Result, error)
}

// Machine runs cases on a vCPU of any backend of package hv. The cases execute at EL0, set up
// as under Linux, with page tables for the guest's address space of layout.go. An exception
// to EL1, whose vector is an HVC, ends a case.
type Machine struct {
	vm   hv.VM
	vcpu hv.VCPU
	ram  []byte
}

// The machine's physical memory. The tables have a granule of 4 KiB and four levels (DDI 0487
// D8.2). All addresses of a case are in one 2 MiB range, so one table per level is enough.
const (
	ramL0      = 0x0_0000
	ramL1      = 0x0_1000
	ramL2      = 0x0_2000
	ramL3      = 0x0_3000
	ramVectors = 0x0_4000
	ramMem     = 0x0_8000
	ramCode    = 0x1_0000
	ramSize    = ramCode + Slots*SlotSize

	vectorBase = MemBase + 0x8_0000 // virtual address of ramVectors
	newCode    = vectorBase + 0x800 // enters a case whose code is new
	enter      = newCode + 12       // enters a case
)

// NewMachine makes a machine with one vCPU on h. The machine belongs to the calling goroutine,
// which has called runtime.LockOSThread and calls Close.
func NewMachine(h hv.Hypervisor) (*Machine, error) {
	vm, err := h.NewVM(hv.Config{VCPUs: 1})
	if err != nil {
		return nil, fmt.Errorf("oracle: %w", err)
	}
	m := &Machine{vm: vm, ram: alignedRAM(ramSize)}
	m.writeTables()
	m.writeVectors()
	if err := m.start(); err != nil {
		m.Close()
		return nil, fmt.Errorf("oracle: %w", err)
	}
	return m, nil
}

func (m *Machine) start() (err error) {
	if err = m.vm.Map(0, m.ram, hv.ProtRead|hv.ProtWrite|hv.ProtExec); err != nil {
		return err
	}
	if m.vcpu, err = m.vm.NewVCPU(0); err != nil {
		return err
	}
	for _, r := range systemSetup {
		if err = m.vcpu.SetSysReg(r.reg, r.value); err != nil {
			return err
		}
	}
	return m.vcpu.SetVTimerMask(true)
}

// systemSetup sets up EL1 as Linux does for its processes, except for SCTLR_EL1.SA0: QEMU 7
// does not check the alignment of the stack pointer.
var systemSetup = []struct {
	reg   aarch64.SysReg
	value uint64
}{
	{aarch64.MAIR_EL1, 0xff}, // attribute 0: normal memory, write-back
	{aarch64.TTBR0_EL1, ramL0},
	// T0SZ 16; IRGN0, ORGN0 write-back; SH0 inner; EPD1; IPS 40 bits; TBI0.
	{aarch64.TCR_EL1, 16 | 1<<8 | 1<<10 | 3<<12 | 1<<23 | 2<<32 | 1<<37},
	{aarch64.VBAR_EL1, vectorBase},
	{aarch64.CPACR_EL1, 3 << 20}, // FPEN
	// RES1; M, C, I, DZE, UCT, nTWI, nTWE, SPAN, UCI.
	{aarch64.SCTLR_EL1, 0x3050_0800 | 1<<0 | 1<<2 | 1<<12 | 1<<14 | 1<<15 | 1<<16 | 1<<18 | 1<<23 | 1<<26},
}

// writeTables maps the code read-only and executable at EL0, the memory block
// read-write, and the vectors executable at EL1 only.
func (m *Machine) writeTables() {
	const (
		table          = aarch64.DescValid | aarch64.DescTable
		page           = table | 3<<aarch64.DescSH | aarch64.DescAF // inner shareable
		ap1, ap2       = aarch64.DescAP1, aarch64.DescAP2
		pxn, uxn       = aarch64.DescPXN, aarch64.DescUXN
		va             = uint64(CodeBase)
		l0, l1, l2, l3 = va >> 39 & 511, va >> 30 & 511, va >> 21 & 511, va >> 12 & 511
	)
	put := func(table, index, descriptor uint64) {
		binary.LittleEndian.PutUint64(m.ram[table+8*index:], descriptor)
	}
	put(ramL0, l0, ramL1|table)
	put(ramL1, l1, ramL2|table)
	put(ramL2, l2, ramL3|table)
	for i := range uint64(Slots) {
		put(ramL3, l3+i, ramCode+i*SlotSize|page|ap1|ap2|pxn)
	}
	put(ramL3, (MemBase-CodeBase)>>12, ramMem|page|ap1|uxn|pxn)
	put(ramL3, (vectorBase-CodeBase)>>12, ramVectors|page|ap2|uxn)
}

// HVC immediates of the vectors.
const (
	hvcCase   = 0 // a synchronous exception from EL0: the case has ended
	hvcBroken = 1 // any other exception
)

func (m *Machine) writeVectors() {
	put := func(va uint64, words ...uint32) {
		for i, w := range words {
			binary.LittleEndian.PutUint32(m.ram[ramVectors+va-vectorBase+4*uint64(i):], w)
		}
	}
	for off := uint64(0); off < 0x800; off += 0x80 {
		put(vectorBase+off, 0xd400_0002|hvcBroken<<5) // hvc #1
	}
	put(vectorBase+0x400, 0xd400_0002|hvcCase<<5) // hvc #0
	put(newCode,
		0xd508_751f, // ic iallu
		0xd503_379f, // dsb nsh
		0xd503_3fdf, // isb
	)
	put(enter,
		0xd503_3f5f, // clrex
		0xd69f_03e0, // eret
	)
}

// Close frees the machine.
func (m *Machine) Close() error {
	if m.vcpu != nil {
		m.vcpu.Close()
	}
	return m.vm.Close()
}

// Run runs the cases, as Oracle.Run does.
func (m *Machine) Run(cases []Case) ([]Result, error) {
	watchdog := time.AfterFunc(patience, m.vcpu.Kick)
	defer watchdog.Stop()
	results := make([]Result, 0, len(cases))
	for _, batch := range split(cases) {
		for i := range batch {
			if err := batch[i].check(); err != nil {
				return nil, err
			}
			code := m.ram[ramCode+batch[i].slot()*SlotSize:]
			putCode(code[:codeSize], &batch[i])
		}
		entry := uint64(newCode)
		for i := range batch {
			r, err := m.run(&batch[i], entry)
			if err != nil {
				return nil, fmt.Errorf("oracle: words %08x: %w", batch[i].Words, err)
			}
			results = append(results, r)
			entry = enter
		}
	}
	return results, nil
}

func (m *Machine) run(c *Case, entry uint64) (Result, error) {
	if err := m.load(c, entry); err != nil {
		return Result{}, err
	}
	for {
		exit, err := m.vcpu.Run()
		switch {
		case err != nil:
			return Result{}, err
		case exit.Reason == hv.ExitUnknown, exit.Reason == hv.ExitVTimer:
		case exit.Reason == hv.ExitException && exit.ESR.EC() == aarch64.ECHVC64 && exit.ESR.Imm16() == hvcCase:
			return m.result(c)
		default:
			pc, _ := m.vcpu.Reg(hv.RegPC)
			return Result{}, fmt.Errorf("the vCPU stopped at pc 0x%x with %+v", pc, exit)
		}
	}
}

// load sets the vCPU and the memory block to the case's state.
func (m *Machine) load(c *Case, entry uint64) error {
	clear(m.ram[ramMem+copy(m.ram[ramMem:ramMem+MemSize], c.In.Mem) : ramMem+MemSize])
	const el1h = 0x3c5 // with D, A, I and F masked
	s := setter{m.vcpu, nil}
	for i, x := range c.In.X {
		s.reg(hv.RegX0+hv.Reg(i), x)
	}
	s.reg(hv.RegPC, entry)
	s.reg(hv.RegCPSR, el1h)
	s.reg(hv.RegFPCR, uint64(c.In.FPCR))
	s.reg(hv.RegFPSR, uint64(c.In.FPSR))
	s.sys(aarch64.ELR_EL1, c.In.PC)
	s.sys(aarch64.SPSR_EL1, uint64(c.In.NZCV)) // EL0t, nothing masked
	s.sys(aarch64.SP_EL0, c.In.SP)
	s.sys(aarch64.TPIDR_EL0, 0)
	for i, v := range c.In.V {
		if s.err == nil {
			s.err = m.vcpu.SetSIMDReg(i, v)
		}
	}
	return s.err
}

// result reads the state in which the case ended.
func (m *Machine) result(c *Case) (Result, error) {
	g := getter{m.vcpu, nil}
	var r Result
	for i := range r.X {
		r.X[i] = g.reg(hv.RegX0 + hv.Reg(i))
	}
	r.SP = g.sys(aarch64.SP_EL0)
	r.PC = g.sys(aarch64.ELR_EL1)
	r.NZCV = uint32(g.sys(aarch64.SPSR_EL1)) & 0xf000_0000
	r.FPCR = uint32(g.reg(hv.RegFPCR))
	r.FPSR = uint32(g.reg(hv.RegFPSR))
	for i := range r.V {
		v, err := m.vcpu.SIMDReg(i)
		if err != nil && g.err == nil {
			g.err = err
		}
		r.V[i] = v
	}
	r.Mem = append([]byte(nil), m.ram[ramMem:ramMem+MemSize]...)
	r.setSignal(aarch64.ESR(g.sys(aarch64.ESR_EL1)), g.sys(aarch64.FAR_EL1), c)
	return r, g.err
}

// setSignal sets the signal that Linux would send for an exception from EL0.
func (r *Result) setSignal(esr aarch64.ESR, far uint64, c *Case) {
	switch esr.EC() {
	case aarch64.ECInstrAbortLower:
		r.Signal, r.FaultAddr = SIGSEGV, faultAddr(far)
		if far == endTarget { // the branch behind the last word
			r.Signal, r.FaultAddr, r.PC = SIGTRAP, 0, c.End()
		}
	case aarch64.ECDataAbortLower:
		r.Signal, r.FaultAddr = SIGSEGV, faultAddr(far)
		if esr.DataAbort().FSC == aarch64.FSCAlignment {
			r.Signal = SIGBUS
		}
	case aarch64.ECPCAlignment:
		r.Signal, r.FaultAddr = SIGBUS, faultAddr(far)
	case aarch64.ECBRK64:
		r.Signal = SIGTRAP
	default:
		r.Signal = SIGILL
	}
}

// setter sets registers until the first error.
type setter struct {
	vcpu hv.VCPU
	err  error
}

func (s *setter) reg(r hv.Reg, v uint64) {
	if s.err == nil {
		s.err = s.vcpu.SetReg(r, v)
	}
}

func (s *setter) sys(r aarch64.SysReg, v uint64) {
	if s.err == nil {
		s.err = s.vcpu.SetSysReg(r, v)
	}
}

// getter reads registers and keeps the first error.
type getter struct {
	vcpu hv.VCPU
	err  error
}

func (g *getter) reg(r hv.Reg) uint64 {
	v, err := g.vcpu.Reg(r)
	if err != nil && g.err == nil {
		g.err = err
	}
	return v
}

func (g *getter) sys(r aarch64.SysReg) uint64 {
	v, err := g.vcpu.SysReg(r)
	if err != nil && g.err == nil {
		g.err = err
	}
	return v
}
