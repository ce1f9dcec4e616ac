package pl011

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// Config says what a UART is connected to.
type Config struct {
	Line mmio.Line // UARTINTR; nil leaves it unconnected

	// Firmware makes reset leave the UART as firmware would: enabled, at
	// 115200 8N1, with FIFOs on. A machine without firmware needs it, because
	// an early console writes to the UART without setting it up. If it is
	// false, registers have the reset values of the manual.
	Firmware bool
}

// UART is a PL011. Its methods may be called from any goroutine.
type UART struct {
	*mmio.Bank
	intr     mmio.Line
	firmware bool          // what reset leaves behind: see Config
	output   chan struct{} // holds one token when the wire may have bytes
	room     chan struct{} // holds one token when the receiver may have room

	mu       sync.Mutex // before the interrupt controller's
	m        machine
	high     bool      // what intr was set to
	unmasked bool      // what m.unmasked was
	maskedAt time.Time // when that became false; zero in reset
	started  time.Time // when it became true at a driver's start
}

var _ mmio.Device = (*UART)(nil)

// New returns a UART in reset.
func New(c Config) *UART {
	u := &UART{
		intr:     mmio.Connected(c.Line),
		firmware: c.Firmware,
		output:   make(chan struct{}, 1),
		room:     make(chan struct{}, 1),
	}
	u.Bank = mmio.NewBank(table, u.read, u.write)
	u.Reset()
	return u
}

// Reset sets every register to its reset value and empties the FIFOs. Output that
// Run has not written yet is kept.
func (u *UART) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.m.reset(u.firmware)
	u.updateLocked()
	u.maskedAt = time.Time{}
}

// read reads a register, for the bank.
func (u *UART) read(off uint64) uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	v, changed := u.m.read(off)
	if changed {
		u.updateLocked()
	}
	return uint64(v)
}

// write writes a register, for the bank.
func (u *UART) write(off, v uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.m.write(off, uint16(v))
	u.updateLocked()
}

// updateLocked sets the interrupt line to its level, and wakes the goroutines that
// wait for output or for room. Every operation that can change these ends with it.
func (u *UART) updateLocked() {
	if high := u.m.pending(); high != u.high {
		u.high = high
		u.intr.Set(high)
	}
	if u.m.wire.n > 0 {
		signal(u.output)
	}
	if unmasked := u.m.unmasked(); unmasked != u.unmasked {
		u.unmasked = unmasked
		u.noteMask(time.Now())
	}
	if u.m.room() > 0 && u.m.listening() {
		signal(u.room)
	}
}

// noteMask notes when a driver starts: when it enables its receive interrupts after a
// reset, or after a long time. One that has no room masks them for a moment.
func (u *UART) noteMask(now time.Time) {
	switch {
	case !u.unmasked:
		u.maskedAt = now
	case now.Sub(u.maskedAt) >= stopTime:
		u.started = now
	}
}

// signal puts a token into c unless there is one already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run writes what the guest transmits to w until ctx is done; what the guest has
// transmitted by then is still written. Only one Run may run at a time. While w
// blocks, or without Run, the UART holds a few KiB and then tells the guest to wait
// (TXFF), so nothing is lost and nothing grows. If w returns an error, Run ends
// with it, and the bytes of that Write are lost.
func (u *UART) Run(ctx context.Context, w io.Writer) error {
	p := make([]byte, wireSize)
	for ctx.Err() == nil {
		n, err := u.drain(w, p)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		select {
		case <-u.output:
		case <-ctx.Done():
		}
	}
	for range 2 { // the wire, then what moved onto it from the FIFO
		if _, err := u.drain(w, p); err != nil {
			return err
		}
	}
	return nil
}

// drain writes what the wire holds by one Write, with p as its buffer.
func (u *UART) drain(w io.Writer, p []byte) (int, error) {
	n := u.take(p)
	if n == 0 {
		return 0, nil
	}
	if _, err := w.Write(p[:n]); err != nil {
		return n, fmt.Errorf("pl011: writing %d bytes of guest output: %w", n, err)
	}
	return n, nil
}

// take moves bytes off the wire and so makes room for those in the FIFO.
func (u *UART) take(p []byte) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.m.wire.take(p)
	u.m.transmit()
	u.updateLocked()
	return n
}

// Receive puts bytes on the guest's receive line and returns how many of them the
// receiver had room for. There is no room while the guest has the receiver
// disabled. Receive never blocks.
func (u *UART) Receive(p []byte) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.receiveLocked(p)
}

func (u *UART) receiveLocked(p []byte) int {
	n := min(len(p), u.m.room())
	for _, b := range p[:n] {
		u.m.receive(character(b))
	}
	if n > 0 {
		u.m.idle()
		u.updateLocked()
	}
	return n
}

// ReceiveBreak puts a break on the guest's receive line, which starts a magic SysRq
// of Linux. It returns false if the receiver had no room for it.
func (u *UART) ReceiveBreak() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.receiveBreakLocked() == 1
}

// receiveBreakLocked returns how many breaks the receiver had room for.
func (u *UART) receiveBreakLocked() int {
	if u.m.room() == 0 {
		return 0
	}
	u.m.receive(charBE)
	u.m.idle()
	u.updateLocked()
	return 1
}

// startTime is how long a driver may take from the time when it enables a receive
// interrupt until it listens. Linux does the first to catch what a boot loader has left,
// then gets its interrupt, and then empties the FIFO. That takes it some microseconds,
// and longer if the host has another use for the core.
const startTime = 50 * time.Millisecond

// stopTime is how long the receive interrupts are disabled if no driver is there.
const stopTime = time.Second

// Feed is Receive for all of p. It waits until the guest listens, by its receive
// interrupts for some time or by polling, and whenever the receiver has no room. Only
// one Feed or FeedBreak may wait at a time. Its only error is the one of ctx.
func (u *UART) Feed(ctx context.Context, p []byte) error {
	return u.feed(ctx, len(p), func(fed int) int { return u.receiveLocked(p[fed:]) })
}

// FeedBreak is ReceiveBreak, with the waiting of Feed.
func (u *UART) FeedBreak(ctx context.Context) error {
	return u.feed(ctx, 1, func(int) int { return u.receiveBreakLocked() })
}

// feed puts n characters on the receive line. receive gets those behind the first ones,
// which are there already, and returns how many more the receiver had room for.
func (u *UART) feed(ctx context.Context, n int, receive func(fed int) int) error {
	for fed := 0; ; {
		more, starting := u.ifListening(func() int { return receive(fed) })
		if fed += more; fed == n {
			return nil
		}
		var started <-chan time.Time
		if starting > 0 {
			started = time.After(starting)
		}
		select {
		case <-u.room:
		case <-started:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ifListening calls receive if the guest listens. Under one lock: it may stop to listen
// at any time. starting is how much longer its driver may be starting.
func (u *UART) ifListening(receive func() int) (n int, starting time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.m.polled():
	case !u.m.unmasked():
		return 0, 0
	default:
		if starting = startTime - time.Since(u.started); starting > 0 {
			return 0, starting
		}
	}
	return receive(), 0
}

// String returns the UART's state in one line, to find out why a console is silent.
func (u *UART) String() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	m := &u.m
	return fmt.Sprintf("CR %v, LCR_H %v, FR %v, RIS %v, IMSC %v, tx %d, rx %d, wire %d, bad accesses %d",
		m.cr, m.line, m.flags(), m.raw, m.imsc, m.tx.n, m.rx.n, m.wire.n, u.BadAccesses())
}
