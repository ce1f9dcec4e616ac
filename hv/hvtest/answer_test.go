package hvtest

import (
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// asking is the software CPU with somebody between it and the Answerer. Nil hooks
// change nothing.
type asking struct {
	hv.Hypervisor
	wrong *answerHooks
}

type answerHooks struct {
	ask    func(*question)
	answer func(v *uint64, ok *bool)
	after  func(hv.VCPU)
}

func (h asking) NewVM(cfg hv.Config) (hv.VM, error) {
	vm, err := h.Hypervisor.NewVM(cfg)
	return askingVM{vm, h.wrong}, err
}

type askingVM struct {
	hv.VM
	wrong *answerHooks
}

func (m askingVM) NewVCPU(index int) (hv.VCPU, error) {
	v, err := m.VM.NewVCPU(index)
	return &askingCPU{VCPU: v, wrong: m.wrong}, err
}

type askingCPU struct {
	hv.VCPU
	wrong *answerHooks
	to    hv.Answerer
}

func (c *askingCPU) SetAnswerer(a hv.Answerer) {
	c.to = a
	c.VCPU.(hv.Asker).SetAnswerer(c)
}

// pass asks c.to. Of a call x is the registers, else nil.
func (c *askingCPU) pass(q question, x *[4]uint64) (v uint64, ok bool) {
	if c.wrong.ask != nil {
		c.wrong.ask(&q)
	}
	switch {
	case x != nil:
		*x = q.Call
		ok = c.to.Call(x)
	case q.Size != 0 && q.Write:
		ok = c.to.Store(q.IPA, q.Size, q.Data)
	case q.Size != 0:
		v, ok = c.to.Load(q.IPA, q.Size)
	case q.Write:
		ok = c.to.WriteSysReg(q.Reg, q.Data)
	default:
		v, ok = c.to.ReadSysReg(q.Reg)
	}
	if c.wrong.answer != nil {
		c.wrong.answer(&v, &ok)
	}
	if c.wrong.after != nil {
		c.wrong.after(c.VCPU)
	}
	return v, ok
}

func (c *askingCPU) Load(ipa uint64, size int) (uint64, bool) {
	return c.pass(question{IPA: ipa, Size: size}, nil)
}

func (c *askingCPU) Store(ipa uint64, size int, v uint64) bool {
	_, ok := c.pass(question{IPA: ipa, Size: size, Write: true, Data: v}, nil)
	return ok
}

func (c *askingCPU) ReadSysReg(r aarch64.SysReg) (uint64, bool) {
	return c.pass(question{Reg: r}, nil)
}

func (c *askingCPU) WriteSysReg(r aarch64.SysReg, v uint64) bool {
	_, ok := c.pass(question{Reg: r, Write: true, Data: v}, nil)
	return ok
}

func (c *askingCPU) Call(x *[4]uint64) bool {
	_, ok := c.pass(question{Call: *x}, x)
	return ok
}

// TestAnswerMutations: the cases find each rule that an asking backend breaks, and
// nothing wrong in one that breaks none.
func TestAnswerMutations(t *testing.T) {
	setIRQ := func(high bool) func(hv.VCPU) { return func(v hv.VCPU) { v.SetIRQ(high) } }
	for _, m := range []struct {
		rule string
		find string
		answerHooks
	}{
		{"", "answer/load-store", answerHooks{}},
		{"IPA is that of the page", "answer/load-store", answerHooks{ask: func(q *question) { q.IPA &^= 0xfff }}},
		{"a store is a load", "answer/mmu-off", answerHooks{ask: func(q *question) { q.Write = false }}},
		{"a store's data is wider", "answer/load-store", answerHooks{ask: func(q *question) { q.Data |= 1 << 63 }}},
		{"the size is that of the register", "answer/load-store", answerHooks{ask: func(q *question) { q.Size = max(q.Size, 4) }}},
		{"a load reads zero", "answer/mmu-off", answerHooks{answer: func(v *uint64, _ *bool) { *v = 0 }}},
		{"an MRS reads zero", "answer/system-register", answerHooks{answer: func(v *uint64, _ *bool) { *v = 0 }}},
		{"an MSR names another register", "answer/system-register", answerHooks{ask: func(q *question) { q.Reg++ }}},
		{"an answer makes it exit all the same", "answer/load-store", answerHooks{answer: func(_ *uint64, ok *bool) { *ok = false }}},
		{"a refused access is complete", "answer/refused-access", answerHooks{answer: func(_ *uint64, ok *bool) { *ok = true }}},
		{"a refused register is complete", "answer/refused-register", answerHooks{answer: func(_ *uint64, ok *bool) { *ok = true }}},
		{"a call's X3 is another register", "answer/call", answerHooks{ask: func(q *question) { q.Call[3]++ }}},
		{"an answered call exits all the same", "answer/call", answerHooks{answer: func(_ *uint64, ok *bool) { *ok = false }}},
		{"a refused call is complete", "answer/refused-call", answerHooks{answer: func(_ *uint64, ok *bool) { *ok = true }}},
		{"an input that rises is lost", "answer/raises-input", answerHooks{after: setIRQ(false)}},
		{"an input that falls stays high", "answer/lowers-input", answerHooks{after: setIRQ(true)}},
		{"the question of the kicked store is another", "answer/kick", answerHooks{ask: func(q *question) { q.Write = false }}},
	} {
		for _, c := range Cases() {
			if c.Name != m.find {
				continue
			}
			err := c.CheckWithin(asking{softcpu.New(softcpu.Config{}), &m.answerHooks}, time.Second)
			if found := err != nil; found != (m.rule != "") {
				t.Errorf("%s: %s says %v", m.rule, c.Name, err)
			}
		}
	}
}
