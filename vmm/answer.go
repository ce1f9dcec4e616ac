package vmm

import "github.com/miniboot-vmm/miniboot/aarch64"

// answerer answers a guest's accesses inside Run, for backends that ask: see
// hv.Answerer. Before an access it does what runGuest does before a Run, and after it
// the backend hears of changed inputs. A timer's line is low again before the guest
// ends the timer's interrupt: otherwise the interrupt would be pending once more.
type answerer struct{ *vcpu }

// Load implements hv.Answerer.
func (v answerer) Load(ipa uint64, size int) (val uint64, ok bool) {
	v.settle(v.updateTimers())
	if val, ok = v.m.bus.Read(v.index, ipa, size); ok {
		v.answered(&v.accesses)
	}
	return val, ok
}

// Store implements hv.Answerer.
func (v answerer) Store(ipa uint64, size int, val uint64) (ok bool) {
	v.settle(v.updateTimers())
	if ok = v.m.bus.Write(v.index, ipa, size, val); ok {
		v.answered(&v.accesses)
	}
	return ok
}

// ReadSysReg implements hv.Answerer.
func (v answerer) ReadSysReg(r aarch64.SysReg) (val uint64, ok bool) {
	v.settle(v.updateTimers())
	if val, ok = v.readSysReg(r); ok {
		v.answered(&v.sysRegs)
	}
	return val, ok
}

// WriteSysReg implements hv.Answerer.
func (v answerer) WriteSysReg(r aarch64.SysReg, val uint64) (ok bool) {
	v.settle(v.updateTimers())
	if ok = v.writeSysReg(r, val); ok {
		v.answered(&v.sysRegs)
	}
	return ok
}

// countAt bounds by how many answers the counts are late.
const countAt = 256

// answered follows an access, which n counts.
func (v *vcpu) answered(n *uint64) {
	if *n++; *n >= countAt {
		v.countAnswers()
	}
	v.settle(v.stateInputs())
}

// countAnswers counts answers as the exits that they stand for.
func (v *vcpu) countAnswers() {
	v.counts.add(exitMMIO, &v.accesses)
	v.counts.add(exitSysReg, &v.sysRegs)
}

// settle makes Run return if something has gone wrong inside it.
func (v *vcpu) settle(err error) {
	if err != nil {
		v.unsettled = err
		v.hv.Kick()
	}
}
