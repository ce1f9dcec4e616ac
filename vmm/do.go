package vmm

import (
	"errors"
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
)

// task is a function for a vCPU's routine to run. Machine.mu guards it.
type task struct {
	f     func(hv.VCPU)
	state taskState
}

type taskState uint8

const (
	taskWaiting taskState = iota
	taskRunning
	taskDone
)

// Do runs f on the goroutine of a vCPU and returns when f has returned. Meanwhile
// the vCPU is out of the guest, between two instructions. It may have been
// computing, waiting, paused or switched off. It goes on with what f has changed,
// but switching a CPU on sets its registers anew.
//
// f must not keep the VCPU, and must not call a method that waits for vCPUs: Do,
// VCPUs, Pause. Such a call waits until Run's context is done. If Do returns an error, f was not called. The error is ErrNotRunning
// before Run and after its end, and ErrClosed after Close.
func (m *Machine) Do(cpu int, f func(hv.VCPU)) error {
	if cpu < 0 || cpu >= len(m.vcpus) {
		return fmt.Errorf("vmm: do: there is no vcpu %d: give 0 to %d", cpu, len(m.vcpus)-1)
	}
	if f == nil {
		return errors.New("vmm: do: the function is nil: give one")
	}
	v, t := m.vcpus[cpu], &task{f: f}
	if err := m.postTask(v, t); err != nil {
		return err
	}
	v.interrupt()
	m.mu.Lock()
	defer m.mu.Unlock()
	for t.state == taskRunning || (t.state == taskWaiting && !m.quit) {
		m.cond.Wait()
	}
	if t.state == taskWaiting {
		v.task = nil
		return m.notRunningLocked("do")
	}
	return nil
}

// postTask gives v a task as soon as it has no other.
func (m *Machine) postTask(v *vcpu, t *task) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for v.task != nil && !m.quit {
		m.cond.Wait()
	}
	if !m.running || m.quit {
		return m.notRunningLocked("do")
	}
	v.task = t
	m.cond.Broadcast()
	return nil
}

// serveLocked runs the task that v has. It returns false if there is none. The
// task runs without mu, and meanwhile v is not parked: whoever waits for all
// vCPUs waits for the task too.
func (v *vcpu) serveLocked() bool {
	m, t := v.m, v.task
	if t == nil {
		return false
	}
	t.state, v.parked = taskRunning, false
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		t.state, v.task = taskDone, nil
		m.cond.Broadcast()
	}()
	t.f(v.hv)
	return true
}
