package hvf

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
)

// Run enters the guest. It does not return for exits that mean nothing to a caller:
// the framework's UNKNOWN, which is a signal that hit the thread, a
// cancellation whose kick an earlier Run has already returned, and an access that met a
// Withdraw.
func (v *vcpu) Run() (hv.Exit, error) {
	v.kick.enter()
	for {
		if v.kick.take() {
			return v.leave(hv.Exit{Reason: hv.ExitCanceled}), nil
		}
		if v.held {
			if err := v.releaseVTimer(); err != nil {
				v.leave(hv.Exit{})
				return hv.Exit{}, err
			}
		}
		if err := v.stateInputs(); err != nil {
			v.leave(hv.Exit{})
			return hv.Exit{}, err
		}
		if err := v.raw.Run(); err != nil {
			v.leave(hv.Exit{})
			return hv.Exit{}, err
		}
		switch e := v.raw.Exit(); e.Reason {
		case hv.ExitCanceled:
		case hv.ExitUnknown:
			if err := v.restoreMask(); err != nil {
				v.leave(hv.Exit{})
				return hv.Exit{}, err
			}
		case hv.ExitVTimer:
			if v.vm.gic != nil {
				if err := v.holdVTimer(); err != nil {
					v.leave(hv.Exit{})
					return hv.Exit{}, err
				}
				continue
			}
			v.masked = true
			return v.leave(hv.Exit{Reason: hv.ExitVTimer}), nil
		case hv.ExitException:
			x := &e.Exception
			if v.vm.awaitMemory(x) {
				continue
			}
			return v.leave(hv.Exit{Reason: e.Reason, ESR: x.Syndrome, FAR: x.VirtualAddress, IPA: x.PhysicalAddress}), nil
		default: // hv's own reasons have the numbers that follow the framework's
			v.leave(hv.Exit{})
			return hv.Exit{}, fmt.Errorf("hvf: run: exit reason 0x%x is unknown to this version: please report it", uint32(e.Reason))
		}
	}
}

// leave ends a Run. The interrupt inputs are low again: their levels were for this
// Run only.
func (v *vcpu) leave(e hv.Exit) hv.Exit {
	v.kick.leave()
	v.irq.level, v.fiq.level = false, false
	return e
}

// stateInputs tells the framework the levels of the interrupt inputs before a run.
// The framework dropped them when the last run returned. An input that was high is
// stated as low all the same, because a spurious return may not have dropped it.
func (v *vcpu) stateInputs() error {
	if err := v.state(&v.irq, InterruptIRQ); err != nil {
		return err
	}
	return v.state(&v.fiq, InterruptFIQ)
}

func (v *vcpu) state(in *input, t InterruptType) error {
	if !in.level && !in.stated {
		return nil
	}
	in.stated = in.level
	return v.raw.SetPendingInterrupt(t, in.level)
}

// restoreMask lets the virtual timer exit again if an UNKNOWN return has masked it.
// The framework may report UNKNOWN for a timer that the guest silenced while it
// fired.
func (v *vcpu) restoreMask() error {
	if v.masked || v.held {
		return nil
	}
	masked, err := v.raw.GetVTimerMask()
	if err != nil || !masked {
		return err
	}
	return v.raw.SetVTimerMask(false)
}
