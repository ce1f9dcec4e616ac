package hvf

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// RawVCPU is one vCPU of the framework. Each method is a function whose first
// parameter is the vCPU's id. The vCPU belongs to the OS thread that called
// VCPUCreate, so its goroutine has called runtime.LockOSThread and stays locked.
// Methods that other goroutines may call say so. macOS may not notice a call from
// another thread, and may act on that thread's vCPU instead.
//
// Any method returns ReturnBadArgument if the vCPU, or what the method names, does
// not exist.
type RawVCPU struct {
	fw *Framework
	id uint64
	// f serves the calls of the owner.
	f *frame
	// exit is the framework's own memory, valid until Destroy.
	exit *VCPUExit
}

// VCPUCreate makes a vCPU that belongs to the calling OS thread. A thread can have
// only one. The calling goroutine must be locked to its thread. With cfg 0 the vCPU
// gets the defaults. The state of its registers is not defined.
//
// ReturnNoDevice: there is no VM. ReturnBusy: the thread has a vCPU.
// ReturnNoResources: the VM has the maximum number of vCPUs.
func (fw *Framework) VCPUCreate(cfg VCPUConfig) (*RawVCPU, error) {
	f := new(frame)
	if err := fw.call(f, fnVCPUCreate, f.outArg(0), f.refArg(), uintptr(cfg)); err != nil {
		return nil, err
	}
	return &RawVCPU{fw: fw, id: f.out[0], f: f, exit: f.refExit()}, nil
}

func (v *RawVCPU) do(n function, args ...uintptr) error {
	var a [4]uintptr
	a[0] = uintptr(v.id)
	copy(a[1:], args)
	return v.fw.call(v.f, n, a[:]...)
}

func (v *RawVCPU) get(n function, args ...uintptr) (uint64, error) {
	var a [3]uintptr
	a[0] = uintptr(v.id)
	k := copy(a[1:], args)
	return v.fw.word(v.f, n, a[:1+k]...)
}

// ID returns the id for Framework.VCPUsExit. Any goroutine may call it.
func (v *RawVCPU) ID() uint64 { return v.id }

// Exit returns why the last Run ended. It is the framework's own memory: valid
// until the next Run or Destroy.
func (v *RawVCPU) Exit() *VCPUExit { return v.exit }

// Destroy frees the vCPU. No VCPUsExit for it may run at the same time.
func (v *RawVCPU) Destroy() error { return v.do(fnVCPUDestroy) }

// Run enters the guest and returns at the next exit; see Exit for the reason.
// A signal that hits the thread ends it with ExitUnknown. An error means that
// the guest could not be run.
func (v *RawVCPU) Run() error { return v.do(fnVCPURun) }

// GetReg reads a general register.
func (v *RawVCPU) GetReg(reg hv.Reg) (uint64, error) { return v.get(fnVCPUGetReg, uintptr(reg)) }

// SetReg writes a general register.
func (v *RawVCPU) SetReg(reg hv.Reg, value uint64) error {
	return v.do(fnVCPUSetReg, uintptr(reg), uintptr(value))
}

// GetSIMDFPReg reads a vector register, low half first.
func (v *RawVCPU) GetSIMDFPReg(reg SIMDReg) ([2]uint64, error) {
	err := v.do(fnVCPUGetSIMDFPReg, uintptr(reg), v.f.outArg(0))
	return [2]uint64(v.f.out[:2]), err
}

// SetSIMDFPReg writes a vector register, low half first.
func (v *RawVCPU) SetSIMDFPReg(reg SIMDReg, value [2]uint64) error {
	v.f.Vec = value
	return v.do(fnVCPUSetSIMDFPReg, uintptr(reg))
}

// GetSysReg reads a system register. ReturnBadArgument, or on some versions
// ReturnUnsupported: this macOS, host or VM does not have it.
func (v *RawVCPU) GetSysReg(reg aarch64.SysReg) (uint64, error) {
	return v.get(fnVCPUGetSysReg, uintptr(reg))
}

// SetSysReg writes a system register. For an ID register it sets what the guest
// reads. For errors see GetSysReg.
func (v *RawVCPU) SetSysReg(reg aarch64.SysReg, value uint64) error {
	return v.do(fnVCPUSetSysReg, uintptr(reg), uintptr(value))
}

// GetPendingInterrupt reads the level of an interrupt input.
// ReturnUnsupported: the VM has a GIC.
func (v *RawVCPU) GetPendingInterrupt(t InterruptType) (bool, error) {
	b, err := v.get(fnVCPUGetPendingInterrupt, uintptr(t))
	return b != 0, err
}

// SetPendingInterrupt states the level of an interrupt input for the next Run only.
// The input is low again when that Run returns. ReturnUnsupported: the VM has a GIC.
func (v *RawVCPU) SetPendingInterrupt(t InterruptType, on bool) error {
	return v.do(fnVCPUSetPendingInterrupt, uintptr(t), boolArg(on))
}

// GetTrapDebugExceptions says whether the guest's debug exceptions exit.
func (v *RawVCPU) GetTrapDebugExceptions() (bool, error) {
	b, err := v.get(fnVCPUGetTrapDebugExceptions)
	return b != 0, err
}

// SetTrapDebugExceptions makes breakpoints, watchpoints, steps and BRK in the
// guest exit, or not.
func (v *RawVCPU) SetTrapDebugExceptions(on bool) error {
	return v.do(fnVCPUSetTrapDebugExceptions, boolArg(on))
}

// GetTrapDebugRegAccesses says whether accesses to debug registers exit.
func (v *RawVCPU) GetTrapDebugRegAccesses() (bool, error) {
	b, err := v.get(fnVCPUGetTrapDebugRegAccesses)
	return b != 0, err
}

// SetTrapDebugRegAccesses makes the guest's accesses to debug registers exit,
// or not.
func (v *RawVCPU) SetTrapDebugRegAccesses(on bool) error {
	return v.do(fnVCPUSetTrapDebugRegAccesses, boolArg(on))
}

// GetExecTime returns how long the vCPU has run, in ticks of MachAbsoluteTime as
// measured. Apple's documentation says nanoseconds.
func (v *RawVCPU) GetExecTime() (uint64, error) { return v.get(fnVCPUGetExecTime) }

// GetVTimerMask says whether the virtual timer's exit is masked. Each
// ExitVTimer masks it.
func (v *RawVCPU) GetVTimerMask() (bool, error) {
	b, err := v.get(fnVCPUGetVTimerMask)
	return b != 0, err
}

// SetVTimerMask masks the virtual timer's exit, or lets it happen again. If the
// timer's output is still high then, the exit happens at once.
func (v *RawVCPU) SetVTimerMask(masked bool) error {
	return v.do(fnVCPUSetVTimerMask, boolArg(masked))
}

// GetVTimerOffset returns the offset of SetVTimerOffset. It is 0 at first.
func (v *RawVCPU) GetVTimerOffset() (uint64, error) { return v.get(fnVCPUGetVTimerOffset) }

// SetVTimerOffset sets how many ticks the guest's CNTVCT_EL0 is behind
// MachAbsoluteTime. Where their rates differ no document says whose ticks: the backend
// finds out.
func (v *RawVCPU) SetVTimerOffset(offset uint64) error {
	return v.do(fnVCPUSetVTimerOffset, uintptr(offset))
}

// GetSError says whether a virtual SError is pending. macOS 27.
func (v *RawVCPU) GetSError() (bool, error) {
	b, err := v.get(fnVCPUGetSError)
	return b != 0, err
}

// SetSError makes a virtual SError pending, or not. macOS 27.
func (v *RawVCPU) SetSError(on bool) error { return v.do(fnVCPUSetSError, boolArg(on)) }

// GetWaitForInterruptTime returns how long the vCPU has waited in WFI, in ticks.
// ReturnUnsupported: the VM has no GIC. macOS 27.
func (v *RawVCPU) GetWaitForInterruptTime() (uint64, error) {
	return v.get(fnVCPUGetWaitForInterruptTime)
}

// InvalidateTLB performs a TLB maintenance operation for the vCPU. macOS 27.
func (v *RawVCPU) InvalidateTLB(op TLBIOp, param uint64) error {
	return v.do(fnVCPUInvalidateTLB, uintptr(op), uintptr(param))
}
