package vmm

// The vCPUs' routines and whoever wants something of them meet under Machine.mu.
// A caller writes its request there and interrupts the routine. The routine goes
// through checkpoint, and parks there as long as the request holds.

// interrupt makes the routine leave the guest, or its wait, and go through
// checkpoint.
func (v *vcpu) interrupt() {
	v.look.Store(true)
	v.notify()
}

// checkpoint does what others want of this vCPU. on is false when the vCPU must
// leave the guest: it is powered off, or the machine ends.
func (v *vcpu) checkpoint() (on bool, err error) {
	m := v.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		v.look.Store(false)
		v.serveLocked()
		if m.quit || v.power != powerOn { // also if it is already to be on again: it then starts anew
			v.parked = false
			return false, nil
		}
		if !m.paused {
			v.parked = false
			return true, nil
		}
		m.parkLocked(v)
	}
}

// parkLocked waits for a broadcast. A routine announces that it parks only once.
// If each one that wakes woke the others again, two idle routines would keep each
// other awake. The caller clears parked when it goes on.
func (m *Machine) parkLocked(v *vcpu) {
	if !v.parked {
		v.parked = true
		m.cond.Broadcast()
	}
	m.cond.Wait()
}

// waitPowerOn parks until the CPU is switched on. It returns false when the
// machine ends.
func (v *vcpu) waitPowerOn() bool {
	m := v.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.quit && (v.power != powerOnPending || m.paused) {
		v.look.Store(false)
		if !v.serveLocked() { // a task runs without mu: look again after it
			m.parkLocked(v)
		}
	}
	v.parked = false
	v.power = powerOn
	return !m.quit
}

// powerUpLocked switches a CPU on.
func (m *Machine) powerUpLocked(v *vcpu, entry, context uint64) {
	v.power, v.entry, v.context = powerOnPending, entry, context
	m.cond.Broadcast()
}

// cpuOff switches a CPU off. Its routine notices at the next checkpoint.
func (m *Machine) cpuOff(v *vcpu) {
	m.mu.Lock()
	v.power = powerOff
	m.mu.Unlock()
	v.look.Store(true)
}

// allOff switches every CPU off and waits until none is in the guest.
func (m *Machine) allOff() {
	m.mu.Lock()
	for _, v := range m.vcpus {
		v.power = powerOff
	}
	m.mu.Unlock()
	for _, v := range m.vcpus {
		v.interrupt()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cond.Broadcast() // paused ones look again
	for !m.allParkedLocked() {
		m.cond.Wait()
	}
}

// allParkedLocked reports whether every routine waits for a broadcast, is about to
// begin, or has ended.
func (m *Machine) allParkedLocked() bool {
	parked := 0
	for _, v := range m.vcpus {
		if v.parked {
			parked++
		}
	}
	return parked == m.alive
}

// retire forgets a routine that ends. last is the state of its vCPU, if it had one.
func (m *Machine) retire(v *vcpu, last *VCPUState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alive--
	v.last, v.power, v.parked = last, powerOff, false
	m.cond.Broadcast()
}

// Pause stops all vCPUs, and with them the guest's counters, until Resume. It
// returns when no vCPU is in the guest. Devices finish what they have begun. Pause
// does nothing unless the machine runs.
func (m *Machine) Pause() {
	m.mu.Lock()
	if !m.running || m.quit {
		m.mu.Unlock()
		return
	}
	m.paused = true
	m.mu.Unlock()
	for _, v := range m.vcpus {
		v.interrupt()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.paused && !m.quit && !m.allParkedLocked() {
		m.cond.Wait()
	}
	if m.paused && !m.quit && !m.stopped {
		m.stopped, m.stoppedAt = true, m.vm.Counter()
	}
}

// Resume lets the vCPUs go on. The guest sees no time pass between Pause and
// Resume.
func (m *Machine) Resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.paused || m.quit {
		return
	}
	m.paused = false
	if m.stopped {
		m.stopped = false
		m.offset.Add(m.vm.Counter() - m.stoppedAt)
	}
	m.cond.Broadcast()
}
