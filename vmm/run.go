package vmm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"
)

// Reason is why Run returned.
type Reason uint8

const (
	Stopped        Reason = iota // the context was done, or an error
	PoweredOff                   // the guest switched the machine off
	ResetRequested               // the guest wanted a reset, and Config does not allow it
	GuestPanicked                // Linux panicked, and wanted a reset or Config.EndOnPanic is set
)

var reasonNames = [...]string{"stopped", "powered off", "reset requested", "guest panicked"}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// request is what a guest wants done with the machine.
type request uint8

const (
	requestPowerOff request = iota
	requestReset
)

// post hands a request to Run. If another CPU's request came first, only that one
// counts.
func (m *Machine) post(r request) {
	select {
	case m.requests <- r:
	default:
	}
}

// Run boots the guest and returns when it powers off, when it panics, when ctx
// is done (the error is then ctx's), or when the host fails. It may be
// called once; on a closed machine the error is ErrClosed. It changes nothing about the process unless Config asks for it:
// see RaiseGOMAXPROCS.
func (m *Machine) Run(ctx context.Context) (reason Reason, err error) {
	m.mu.Lock()
	switch {
	case m.closed:
		err = fmt.Errorf("vmm: run: %w", ErrClosed)
	case m.running || m.quit:
		err = errors.New("vmm: run: the machine runs or has run, make another")
	default:
		m.running = true
	}
	m.mu.Unlock()
	if err != nil {
		return Stopped, err
	}

	if m.cfg.RaiseGOMAXPROCS {
		addProcessors(len(m.vcpus))
		defer addProcessors(-len(m.vcpus))
	}

	var wg sync.WaitGroup
	watch := newPanicWatch(m.cfg.Console)
	flush := m.startConsole(watch)
	defer m.stopRoutines(ctx, &wg, flush)

	if err := m.startRoutines(&wg); err != nil {
		return Stopped, err
	}
	wg.Go(func() { m.watchClock(m.over) })
	if err := m.powerUp(); err != nil {
		return Stopped, err
	}
	return m.serveRequests(ctx, watch)
}

// serveRequests does what the guest asks for until something ends the run.
func (m *Machine) serveRequests(ctx context.Context, watch *panicWatch) (Reason, error) {
	var panicked <-chan struct{}
	if m.cfg.EndOnPanic {
		panicked = watch.panicked
	}
	var graceOver <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return Stopped, ctx.Err()
		case err := <-m.errs:
			return Stopped, err
		case <-panicked:
			panicked, graceOver = nil, time.After(panicGrace)
		case <-graceOver:
			return GuestPanicked, nil
		case r := <-m.requests:
			switch {
			case r == requestPowerOff:
				return PoweredOff, nil
			case watch.seen():
				return GuestPanicked, nil
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
	for _, v := range m.vcpus { // one after the other: a backend's GIC numbers them in this order
		ready := make(chan error, 1)
		m.mu.Lock()
		m.alive++
		v.parked = true
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

// consoleGrace is how long a Console may block after the context's end.
const consoleGrace = time.Second

// startConsole starts the goroutine that writes to the console. The function that
// it returns ends that goroutine when all output is written. It waits for a
// blocked Write until ctx is done and consoleGrace longer, and then leaves it
// behind.
func (m *Machine) startConsole(w io.Writer) (flush func(ctx context.Context)) {
	console, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := m.uart.Run(console, w); err != nil {
			m.fail(fmt.Errorf("vmm: write the guest's console output: %w", err))
		}
	}()
	return func(ctx context.Context) {
		stop()
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		select {
		case <-done:
		case <-time.After(consoleGrace):
			m.cfg.Log.Warn("vmm: the guest's last console output is lost: its reader takes nothing")
		}
	}
}

// stopRoutines ends all goroutines of the machine.
func (m *Machine) stopRoutines(ctx context.Context, wg *sync.WaitGroup, flush func(context.Context)) {
	m.mu.Lock()
	m.quit = true
	m.cond.Broadcast()
	m.mu.Unlock()
	m.end()
	for _, v := range m.vcpus {
		v.interrupt()
	}
	wg.Wait()
	flush(ctx)
	m.mu.Lock()
	m.running = false
	m.mu.Unlock()
}

// worthCollecting is how many bytes have to become free to be worth a collection.
const worthCollecting = 1 << 20

// powerUp loads the guest and switches the boot CPU on.
func (m *Machine) powerUp() error {
	segments, err := m.plan.Segments()
	if err != nil {
		return err
	}
	for _, s := range segments {
		dst, ok := m.ram.Slice(s.Addr, s.Size)
		if !ok {
			return fmt.Errorf("vmm: load the %s: 0x%x bytes at 0x%x are not in memory", s.Name, s.Size, s.Addr)
		}
		if err := s.Load(dst); err != nil {
			return err
		}
	}
	if m.plan.Release() > worthCollecting {
		debug.FreeOSMemory() // a guest that idles gives the collector no reason to run
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stoppedAt = m.vm.Counter() // in case the machine is paused
	m.offset.Store(m.stoppedAt)
	m.powerUpLocked(m.vcpus[0], m.plan.Entry, m.plan.DTB.Base)
	return nil
}

// reset starts the guest anew: all CPUs off, devices in their reset state,
// memory zero and loaded again.
func (m *Machine) reset() error {
	m.allOff()
	select {
	case <-m.requests: // left by the guest before the reset
	default:
	}
	for _, s := range m.slots {
		s.Reset()
	}
	m.uart.Reset()
	m.rtc.Reset()
	m.gpio.Reset()
	if err := m.gic.reset(); err != nil {
		return err
	}
	if err := m.unmapRAM(); err != nil {
		return err
	}
	if err := m.ram.Zero(); err != nil {
		return fmt.Errorf("vmm: reset: %w", err)
	}
	if err := m.mapRAM(); err != nil {
		return err
	}
	return m.powerUp()
}
