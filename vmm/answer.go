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
		v.answered(exitMMIO)
	}
	return val, ok
}

// Store implements hv.Answerer.
func (v answerer) Store(ipa uint64, size int, val uint64) (ok bool) {
	v.settle(v.updateTimers())
	if ok = v.m.bus.Write(v.index, ipa, size, val); ok {
		v.answered(exitMMIO)
	}
	return ok
}

// ReadSysReg implements hv.Answerer.
func (v answerer) ReadSysReg(r aarch64.SysReg) (val uint64, ok bool) {
	v.settle(v.updateTimers())
	if val, ok = v.readSysReg(r); ok {
		v.answered(exitSysReg)
	}
	return val, ok
}

// WriteSysReg implements hv.Answerer.
func (v answerer) WriteSysReg(r aarch64.SysReg, val uint64) (ok bool) {
	v.settle(v.updateTimers())
	if ok = v.writeSysReg(r, val); ok {
		v.answered(exitSysReg)
	}
	return ok
}

// Call implements hv.Answerer. It leaves the functions that stop the guest to an exit.
func (v answerer) Call(x *[4]uint64) (ok bool) {
	if stops(uint32(x[0])) {
		return false
	}
	v.settle(v.updateTimers())
	res, err := v.call(x)
	v.settle(err)
	res.put(x)
	v.answered(exitHVC)
	return true
}

// answered follows an access. It counts as the exit that it stands for.
func (v *vcpu) answered(k exitKind) {
	v.counts.count(k)
	v.settle(v.stateInputs())
}

// settle makes Run return if something has gone wrong inside it.
func (v *vcpu) settle(err error) {
	if err != nil {
		v.unsettled = err
		v.hv.Kick()
	}
}
