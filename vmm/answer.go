package vmm

import "github.com/miniboot-vmm/miniboot/aarch64"

// answerer answers a guest's accesses inside Run, for backends that ask: see
// hv.Answerer.
type answerer struct{ *vcpu }

// Load implements hv.Answerer.
func (v answerer) Load(ipa uint64, size int) (val uint64, ok bool) {
	if val, ok = v.m.bus.Read(v.index, ipa, size); ok {
		v.accesses++
		v.settle()
	}
	return val, ok
}

// Store implements hv.Answerer.
func (v answerer) Store(ipa uint64, size int, val uint64) (ok bool) {
	if ok = v.m.bus.Write(v.index, ipa, size, val); ok {
		v.accesses++
		v.settle()
	}
	return ok
}

// ReadSysReg implements hv.Answerer.
func (v answerer) ReadSysReg(r aarch64.SysReg) (val uint64, ok bool) {
	if val, ok = v.readSysReg(r); ok {
		v.sysRegs++
		v.settle()
	}
	return val, ok
}

// WriteSysReg implements hv.Answerer.
func (v answerer) WriteSysReg(r aarch64.SysReg, val uint64) (ok bool) {
	if ok = v.writeSysReg(r, val); ok {
		v.sysRegs++
		v.settle()
	}
	return ok
}

// countAt bounds by how many answers the counts are late.
const countAt = 256

// countAnswers counts answers as the exits that they stand for.
func (v *vcpu) countAnswers() {
	v.counts.add(exitMMIO, &v.accesses)
	v.counts.add(exitSysReg, &v.sysRegs)
}
