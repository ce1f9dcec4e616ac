package hvtest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// decoding is the software CPU as a backend that decodes accesses itself. Its
// hooks make it break a rule; nil hooks change nothing.
type decoding struct {
	hv.Hypervisor
	wrong *decoderHooks
}

type decoderHooks struct {
	exit   func(*hv.Exit)
	finish func(d *decoder, abort aarch64.DataAbort, data uint64) uint64
	abort  func(d *decoder) bool // whether the guest takes the abort
}

func (h decoding) NewVM(cfg hv.Config) (hv.VM, error) {
	vm, err := h.Hypervisor.NewVM(cfg)
	return decodingVM{vm, h.wrong}, err
}

type decodingVM struct {
	hv.VM
	wrong *decoderHooks
}

func (m decodingVM) NewVCPU(index int) (hv.VCPU, error) {
	v, err := m.VM.NewVCPU(index)
	return &decoder{VCPU: v, wrong: m.wrong}, err
}

// decoder also checks that the caller follows the rules.
type decoder struct {
	hv.VCPU
	wrong *decoderHooks
	open  bool    // the access has not ended
	fault hv.Exit // what it was
}

var errOpen = errors.New("the access of the last exit has not ended")

func (d *decoder) Run() (hv.Exit, error) {
	if d.open {
		return hv.Exit{}, errOpen
	}
	e, err := d.VCPU.Run()
	a := e.ESR.DataAbort()
	if e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECDataAbortLower || !a.ISV || !a.FSC.Translation() {
		return e, err
	}
	d.open, d.fault = true, e
	e = hv.Exit{Reason: hv.ExitAccess, IPA: e.IPA, Access: hv.Access{Size: uint8(a.Size), Write: a.Write}}
	if a.Write && a.Reg != 31 {
		e.Access.Data = mustReg(d.VCPU, hv.Reg(a.Reg)) & (^uint64(0) >> (64 - 8*a.Size))
	}
	if d.wrong.exit != nil {
		d.wrong.exit(&e)
	}
	return e, err
}

func (d *decoder) Reg(r hv.Reg) (uint64, error) {
	if d.open {
		return 0, errOpen
	}
	return d.VCPU.Reg(r)
}

func (d *decoder) FinishAccess(data uint64) error {
	d.open = false
	a := d.fault.ESR.DataAbort()
	data = a.Extend(data)
	if d.wrong.finish != nil {
		data = d.wrong.finish(d, a, data)
	}
	if !a.Write && a.Reg != 31 {
		if err := d.SetReg(hv.Reg(a.Reg), data); err != nil {
			return err
		}
	}
	return d.SetReg(hv.RegPC, mustReg(d.VCPU, hv.RegPC)+4)
}

func (d *decoder) AbortAccess() error {
	d.open = false
	if d.wrong.abort != nil && !d.wrong.abort(d) {
		return nil
	}
	pc := mustReg(d.VCPU, hv.RegPC)
	esr := aarch64.MakeESR(aarch64.ECDataAbortSame, uint32(aarch64.FSCExternal))
	return errors.Join(
		d.SetSysReg(aarch64.ESR_EL1, uint64(esr)), d.SetSysReg(aarch64.FAR_EL1, d.fault.FAR),
		d.SetSysReg(aarch64.ELR_EL1, pc), d.SetSysReg(aarch64.SPSR_EL1, cpsrEL1h), d.SetReg(hv.RegPC, vectors+vectorSync),
	)
}

// TestDecoder: a backend that decodes accesses passes what it does not skip, and
// skips nothing of its own group.
func TestDecoder(t *testing.T) {
	for _, c := range Cases() {
		err := c.Check(decoding{softcpu.New(softcpu.Config{}), &decoderHooks{}})
		if skipped := Skipped(""); errors.As(err, &skipped) && !strings.HasPrefix(c.Name, "access/") {
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// TestDecoderMutations: the cases find each rule that a decoding backend breaks.
func TestDecoderMutations(t *testing.T) {
	for _, m := range []struct {
		rule string
		find string
		decoderHooks
	}{
		{"the PC is past the access", "access/load-store", decoderHooks{finish: func(d *decoder, _ aarch64.DataAbort, v uint64) uint64 {
			d.SetReg(hv.RegPC, mustReg(d.VCPU, hv.RegPC)+4)
			return v
		}}},
		{"no sign extension", "access/load-store", decoderHooks{finish: func(_ *decoder, a aarch64.DataAbort, v uint64) uint64 {
			return v & (^uint64(0) >> (64 - 8*a.Size))
		}}},
		{"IPA is that of the page", "access/mmu-off", decoderHooks{exit: func(e *hv.Exit) { e.IPA &^= 0xfff }}},
		{"a store is a load", "access/load-store", decoderHooks{exit: func(e *hv.Exit) { e.Access.Write = false }}},
		{"a store's data is wider", "access/load-store", decoderHooks{exit: func(e *hv.Exit) { e.Access.Data |= 1 << 63 }}},
		{"the size is that of the register", "access/load-store", decoderHooks{exit: func(e *hv.Exit) { e.Access.Size = max(e.Access.Size, 4) }}},
		{"an access cannot be aborted", "access/abort", decoderHooks{abort: func(*decoder) bool { return false }}},
		{"the abort is at the next instruction", "access/abort", decoderHooks{abort: func(d *decoder) bool {
			d.SetReg(hv.RegPC, mustReg(d.VCPU, hv.RegPC)+4)
			return true
		}}},
	} {
		for _, c := range Cases() {
			if c.Name == m.find && c.CheckWithin(decoding{softcpu.New(softcpu.Config{}), &m.decoderHooks}, time.Second) == nil {
				t.Errorf("%s: not found by %s", m.rule, c.Name)
			}
		}
	}
}
