package vmm

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Reason is why Run returned.
type Reason uint8

const (
	Stopped        Reason = iota // the context was done, or an error
	PoweredOff                   // the guest switched the machine off
	ResetRequested               // the guest wanted a reset, and Config does not allow it
)

func (r Reason) String() string {
	return [...]string{"stopped", "powered off", "reset requested"}[r]
}

// event is something that a vCPU tells Run.
type event struct {
	kind eventKind
	err  error
}

type eventKind uint8

const (
	eventPowerOff eventKind = iota
	eventReset
	eventError
)

// post hands an event to Run. There is room for one of each vCPU that matters:
// one that finds the channel full is behind others that end or reset the
// machine anyway.
func (m *Machine) post(e event) {
	select {
	case m.events <- e:
	default:
	}
}

// Run boots the guest and returns when it powers off, when ctx is done (the
// error is then that of ctx), or when the host fails. It may be called once.
func (m *Machine) Run(ctx context.Context) (reason Reason, err error) {
	m.mu.Lock()
	if m.running || m.quit {
		m.mu.Unlock()
		return Stopped, errors.New("vmm: run: the machine has run already, make another")
	}
	m.running = true
	m.mu.Unlock()

	console, stopConsole := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var consoleErr error
	wg.Add(1)
	go func() {
		defer wg.Done()
		if consoleErr = m.uart.Run(console, m.cfg.Console); consoleErr != nil {
			m.post(event{kind: eventError, err: fmt.Errorf("vmm: write the guest's console output: %w", consoleErr)})
		}
	}()
	defer func() {
		m.stopRoutines(&wg, stopConsole)
	}()

	if err := m.startRoutines(&wg); err != nil {
		return Stopped, err
	}
	if err := m.powerUp(); err != nil {
		return Stopped, err
	}
	for {
		select {
		case <-ctx.Done():
			return Stopped, ctx.Err()
		case e := <-m.events:
			switch {
			case e.kind == eventError:
				return Stopped, e.err
			case e.kind == eventPowerOff:
				return PoweredOff, nil
			case m.cfg.NoReset, m.cfg.AllowReset != nil && !m.cfg.AllowReset():
				return ResetRequested, nil
			}
			if err := m.reset(); err != nil {
				return Stopped, err
			}
		}
	}
}

// startRoutines starts the vCPUs' goroutines and waits until each has made its
// vCPU.
func (m *Machine) startRoutines(wg *sync.WaitGroup) error {
	for _, v := range m.vcpus { // one after the other: a GIC counts them in this order
		ready := make(chan error, 1)
		m.mu.Lock()
		m.alive++
		m.mu.Unlock()
		wg.Add(1)
		go func() {
			defer wg.Done()
			v.routine(ready)
		}()
		if err := <-ready; err != nil {
			return err
		}
	}
	return nil
}

// stopRoutines ends all goroutines of the machine.
func (m *Machine) stopRoutines(wg *sync.WaitGroup, stopConsole func()) {
	m.mu.Lock()
	m.quit = true
	m.cond.Broadcast()
	m.mu.Unlock()
	for _, v := range m.vcpus {
		v.interrupt()
	}
	stopConsole()
	wg.Wait()
	m.mu.Lock()
	m.running = false
	m.mu.Unlock()
}

// powerUp loads the guest and switches the boot CPU on.
func (m *Machine) powerUp() error {
	segments, err := m.plan.Segments()
	if err != nil {
		return err
	}
	for _, s := range segments {
		dst, ok := m.ram.Slice(s.Addr, uint64(len(s.Data)))
		if !ok {
			return fmt.Errorf("vmm: load the %s: 0x%x bytes at 0x%x are not in memory", s.Name, len(s.Data), s.Addr)
		}
		copy(dst, s.Data)
	}
	m.offset.Store(m.vm.Counter())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.powerUpLocked(m.vcpus[0], m.plan.Entry, m.plan.DTB.Base)
	return nil
}

// reset starts the guest anew: all CPUs off, devices in their reset state,
// memory zero and loaded again.
func (m *Machine) reset() error {
	m.allOff()
	for len(m.events) > 0 {
		if e := <-m.events; e.kind == eventError {
			return e.err
		}
	}
	for _, s := range m.slots {
		s.Reset()
	}
	m.uart.Reset()
	m.rtc.Reset()
	m.gpio.Reset()
	m.gic.Reset()
	if err := m.unmapRAM(); err != nil {
		return err
	}
	if err := m.ram.zero(); err != nil {
		return err
	}
	if err := m.mapRAM(); err != nil {
		return err
	}
	return m.powerUp()
}
