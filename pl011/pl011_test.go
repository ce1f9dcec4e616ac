package pl011

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/mmio/mmiotest"
)

// board is a UART with its line, and the guest's accesses.
type board struct {
	*UART
	mmiotest.Board[uint16]
}

func newBoard(firmware bool) board {
	p := &mmiotest.Pin{}
	u := New(Config{Line: p, Firmware: firmware})
	return board{u, mmiotest.Board[uint16]{Device: u, Pin: p, Raw: uartRIS, Mask: uartIMSC}}
}

func TestResetValues(t *testing.T) {
	fresh, used := newBoard(false), newBoard(false)
	for _, r := range table {
		used.Set(r.Off, 0xffff)
	}
	used.Reset()
	fresh.CheckReset(t, "fresh", table)
	used.CheckReset(t, "used", table)
}

func TestFirmware(t *testing.T) {
	b := newBoard(true)
	b.Check(t, "new, by firmware", uartCR, 0x0301)
	b.Set(uartCR, 0)
	b.Reset()
	b.Check(t, "reset by firmware", uartCR, 0x0301)
	b.Check(t, "reset by firmware", uartLCRH, 0x70)
	b.Check(t, "reset by firmware", uartIBRD, 13)
	b.Check(t, "reset by firmware", uartFBRD, 1)
}

// Registers that only store keep the bits of the write mask and no others.
func TestStorage(t *testing.T) {
	for _, off := range []uint64{uartILPR, uartIBRD, uartFBRD, uartLCRH, uartCR, uartIFLS, uartIMSC} {
		b := newBoard(false)
		r := table.Find(mmio.Access{Off: off, Size: 4})
		for _, v := range []uint64{^uint64(0), 0, 0x5555, 0xaaaa} {
			b.Write(mmio.Access{Off: off, Size: 4}, v)
			if got, want := b.Read(mmio.Access{Off: off, Size: 4}), v&r.Write; got != want {
				t.Errorf("%s: wrote 0x%x, got 0x%x, want 0x%x", r.Name, v, got, want)
			}
		}
	}
}

// Every offset at every size, aligned or not, is read and written: a register answers only
// at its own offset, and the line always follows from the registers.
func TestEveryAccess(t *testing.T) { newBoard(false).CheckEveryAccess(t, table) }

func TestReceiveLevels(t *testing.T) {
	for ifls, level := range []int{4, 8, 16, 24, 28} {
		b := newBoard(true)
		b.Set(uartIFLS, uint16(ifls)<<3)
		b.Set(uartIMSC, uint16(intRX))
		for n := 1; n <= 32; n++ {
			if got := b.Receive([]byte{byte(n)}); got != 1 {
				t.Fatalf("level %d: character %d not taken", level, n)
			}
			if b.Pin.High != (n >= level) {
				t.Errorf("level %d: line %v with %d characters", level, b.Pin.High, n)
			}
		}
		if got := b.Receive([]byte{0}); got != 0 {
			t.Errorf("level %d: a full FIFO took a character", level)
		}
		b.Check(t, "full", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFF))
		for n := 31; n >= 0; n-- {
			b.Check(t, "read", uartDR, uint16(32-n))
			if b.Pin.High != (n >= level) {
				t.Errorf("level %d: line %v with %d characters left", level, b.Pin.High, n)
			}
		}
	}
}

func TestReceiveTimeout(t *testing.T) {
	b := newBoard(true)
	b.Set(uartIMSC, uint16(intRX|intRT)) // as amba-pl011 does
	if b.Receive([]byte("ab")) != 2 || !b.Pin.High {
		t.Fatalf("two characters: no interrupt: %v", b.UART)
	}
	b.Check(t, "two characters", uartMIS, uint16(intRT))
	b.Set(uartICR, uint16(intRT))
	b.Check(t, "cleared", uartMIS, 0)
	b.Check(t, "first", uartDR, 'a')
	b.Check(t, "one left", uartMIS, uint16(intRT))
	b.Check(t, "second", uartDR, 'b')
	b.Check(t, "empty", uartMIS, 0)
}

func TestCharacterMode(t *testing.T) {
	b := newBoard(true)
	b.Set(uartLCRH, uint16(lineWLEN))
	b.Set(uartIMSC, uint16(intRX))
	if got := b.Receive([]byte("xy")); got != 1 {
		t.Errorf("took %d characters without FIFO, want 1", got)
	}
	b.Check(t, "one character", uartMIS, uint16(intRX))
	b.Check(t, "full", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFF))
	b.Check(t, "read", uartDR, 'x')
	b.Check(t, "empty", uartRIS, 0)
	b.Set(uartDR, 'z')
	b.Check(t, "sent", uartRIS, uint16(intTX))
}

// Turning the FIFOs off empties them.
func TestFIFODisableFlushes(t *testing.T) {
	b := newBoard(true)
	b.Receive([]byte("abc"))
	b.Set(uartCR, uint16(ctlUARTEN|ctlRXE)) // no TXE: what is written stays
	b.Set(uartDR, '1')
	b.Set(uartLCRH, uint16(lineWLEN))
	b.Check(t, "flushed", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFE))
	b.Check(t, "flushed", uartRIS, 0)
}

// With the transmitter off the FIFO fills; the interrupt comes when it is
// turned on and the FIFO falls through its level.
func TestTransmitLevel(t *testing.T) {
	for ifls, level := range []int{4, 8, 16, 24, 28} {
		b := newBoard(true)
		b.Set(uartIFLS, uint16(ifls))
		b.Set(uartIMSC, uint16(intTX))
		b.Check(t, "nothing sent", uartRIS, 0)
		b.Set(uartDR, 's')
		b.Check(t, "one sent", uartRIS, uint16(intTX))
		b.Set(uartCR, uint16(ctlUARTEN|ctlRXE))
		for n := 1; n <= 32; n++ {
			b.Set(uartDR, 'x')
			if b.Pin.High != (n <= level) {
				t.Errorf("level %d: line %v with %d characters", level, b.Pin.High, n)
			}
		}
		b.Check(t, "full", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagBUSY|flagTXFF|flagRXFE))
		b.Set(uartDR, 'y') // lost
		b.Set(uartCR, uint16(firmwareCR))
		b.Check(t, "sent", uartMIS, uint16(intTX))
		b.Check(t, "sent", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFE))
		p := make([]byte, 64)
		if got, want := string(p[:b.take(p)]), "s"+strings.Repeat("x", 32); got != want {
			t.Errorf("level %d: sent %q, want %q", level, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	b := newBoard(true)
	b.Set(uartIMSC, 0x7ff)
	b.Set(uartCR, uint16(firmwareCR|ctlLBE))
	b.Check(t, "modem outputs are low", uartFR, uint16(flagTXFE|flagRXFE))
	b.Check(t, "modem inputs fell", uartRIS, uint16(intCTS|intDSR|intDCD))
	b.Set(uartICR, 0x7ff)
	b.Set(uartCR, uint16(firmwareCR|ctlLBE|ctlOut2|ctlRTS))
	b.Check(t, "Out2 is RI, RTS is CTS", uartFR, uint16(flagTXFE|flagRXFE|flagRI|flagCTS))
	b.Check(t, "Out2 is RI, RTS is CTS", uartRIS, uint16(intRI|intCTS))
	b.Set(uartICR, 0x7ff)
	if got := b.Receive([]byte("host")); got != 0 {
		t.Errorf("took %d characters from the host in loopback", got)
	}
	b.Set(uartDR, 'q')
	b.Check(t, "looped", uartRIS, uint16(intTX|intRT))
	b.Check(t, "looped", uartDR, 'q')
	b.Set(uartCR, uint16(firmwareCR|ctlLBE|ctlDTR|ctlRTS|ctlOut1|ctlOut2))
	b.Check(t, "all outputs", uartFR, uint16(flagTXFE|flagRXFE|flagCTS|flagDSR|flagDCD|flagRI))
	if n := b.take(make([]byte, 1)); n != 0 {
		t.Errorf("loopback reached the host")
	}
}

func TestOverrun(t *testing.T) {
	b := newBoard(true)
	b.Set(uartCR, uint16(firmwareCR|ctlLBE))
	b.Set(uartICR, 0x7ff)
	b.Set(uartIMSC, uint16(intOE))
	for n := range 33 {
		b.Set(uartDR, uint16(n))
	}
	b.Check(t, "33 characters", uartMIS, uint16(intOE))
	b.Check(t, "33 characters", uartRIS, uint16(intOE|intRX|intRT|intTX))
	b.Check(t, "33 characters", uartRSR, statusOE)
	b.Check(t, "data after overrun", uartDR, uint16(charOE)|0)
	b.Set(uartRSR, 0)
	b.Check(t, "error cleared", uartRSR, 0)
	b.Check(t, "DR still tells", uartDR, uint16(charOE)|1)
	b.Set(uartDR, 'n') // there is room again
	b.Check(t, "a character was received", uartDR, 2)
	b.Set(uartICR, uint16(intOE))
	b.Check(t, "cleared", uartMIS, 0)
}

func TestBreak(t *testing.T) {
	b := newBoard(true)
	b.Set(uartIMSC, uint16(intBE|intRT))
	b.Receive([]byte("a"))
	if !b.ReceiveBreak() {
		t.Fatal("no room for a break")
	}
	b.Check(t, "break", uartMIS, uint16(intBE|intRT))
	b.Check(t, "before it", uartDR, 'a')
	b.Check(t, "before it", uartRSR, 0)
	b.Check(t, "the break", uartDR, uint16(charBE))
	b.Check(t, "the break", uartRSR, uint16(charBE>>statusShift))
	b.Set(uartICR, uint16(intBE))
	b.Check(t, "cleared", uartMIS, 0)
}

// A break that the guest sends holds its output back, and comes back to it in
// loopback.
func TestSendBreak(t *testing.T) {
	b := newBoard(true)
	b.Set(uartLCRH, uint16(firmwareLine|lineBRK))
	b.Set(uartDR, 'x')
	b.Check(t, "held", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagBUSY|flagRXFE))
	b.Set(uartLCRH, uint16(firmwareLine))
	b.Check(t, "released", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFE))
	b.Set(uartCR, uint16(firmwareCR|ctlLBE))
	b.Set(uartLCRH, uint16(firmwareLine|lineBRK))
	b.Check(t, "looped", uartDR, uint16(charBE))
}

// Interrupts and errors come together, each with its own bit.
func TestTogether(t *testing.T) {
	b := newBoard(true)
	b.Set(uartDR, 'x')
	b.Receive([]byte("a"))
	b.Check(t, "sent, then received", uartRIS, uint16(intTX|intRT))
	b.Receive(make([]byte, 14))
	b.ReceiveBreak()
	b.Check(t, "the level, with a break", uartRIS, uint16(intTX|intRT|intRX|intBE))
	for range 16 {
		b.Get(uartDR)
	}
	b.Check(t, "break read", uartRSR, uint16(charBE>>statusShift))
	b.Set(uartCR, uint16(firmwareCR|ctlLBE))
	for range 33 {
		b.Set(uartDR, 0)
	}
	b.Check(t, "break, then overrun", uartRSR, uint16(charBE>>statusShift)|statusOE)
}

// Sending is no reason for a receive timeout that the guest has cleared.
func TestTimeoutStaysCleared(t *testing.T) {
	b := newBoard(true)
	b.Receive([]byte("a"))
	b.Set(uartICR, uint16(intRT))
	b.Set(uartDR, 'x')
	b.Check(t, "sent", uartRIS, uint16(intTX))
}

// Writing UARTLCR_H empties the FIFOs only when it turns them off.
func TestLineControlKeeps(t *testing.T) {
	b := newBoard(true)
	b.Set(uartLCRH, uint16(lineWLEN))
	b.Receive([]byte("a"))
	b.Set(uartLCRH, uint16(firmwareLine))
	b.Receive([]byte("b"))
	b.Set(uartLCRH, uint16(firmwareLine))
	b.Check(t, "before the FIFO was on", uartDR, 'a')
	b.Check(t, "after", uartDR, 'b')
}

// The wire is taken in any portions, round its end.
func TestTake(t *testing.T) {
	b := newBoard(true)
	next := byte(0)
	for round := range 3 * wireSize / 100 {
		for i := range 100 {
			b.Set(uartDR, uint16(byte(round*100+i)))
		}
		for _, size := range []int{1, 0, 62, 37} {
			p := make([]byte, size)
			if n := b.take(p); n != size {
				t.Fatalf("took %d bytes, want %d", n, size)
			}
			for _, c := range p {
				if c != next {
					t.Fatalf("took 0x%02x, want 0x%02x", c, next)
				}
				next++
			}
		}
	}
}

// In loopback with hardware flow control the transmitter waits for its own
// receiver, and no character is lost.
func TestFlowControl(t *testing.T) {
	b := newBoard(true)
	b.Set(uartCR, uint16(firmwareCR|ctlLBE|ctlRTSEn|ctlCTSEn))
	b.Set(uartIFLS, 0)
	for n := range 20 {
		b.Set(uartDR, uint16(n))
	}
	b.Check(t, "20 characters", uartFR, uint16(flagBUSY)) // RTS, so CTS, is low
	if b.m.rx.n != 4 {
		t.Errorf("%d characters came before RTS fell, want the level, 4", b.m.rx.n)
	}
	for n := range 20 {
		b.Check(t, "in order", uartDR, uint16(n))
	}
	b.Check(t, "empty", uartFR, uint16(flagCTS|flagTXFE|flagRXFE))
	b.Check(t, "no overrun", uartRSR, 0)
}

func TestReceiverDisabled(t *testing.T) {
	b := newBoard(false)
	if got := b.Receive([]byte("x")); got != 0 || b.ReceiveBreak() {
		t.Errorf("a disabled receiver took %d characters", got)
	}
}

// send writes as a guest does that waits for TXFF; it fails if the UART never
// takes the character.
func (b board) send(t *testing.T, s string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for i := range len(s) {
		for b.Get(uartFR)&uint16(flagTXFF) != 0 {
			if time.Now().After(deadline) {
				t.Fatalf("TXFF stays set: %v", b.UART)
			}
		}
		b.Set(uartDR, uint16(s[i]))
	}
}

func TestRun(t *testing.T) {
	b := newBoard(true)
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	done := make(chan error)
	go func() { done <- b.Run(ctx, &out) }()
	want := strings.Repeat("0123456789abcdef", 1000) + "the end"
	b.send(t, want)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got %d bytes, want %d: they differ", out.Len(), len(want))
	}
}

// Without a reader the guest is told to wait, and a reader that comes later gets what the
// guest has written until then.
func TestBackPressure(t *testing.T) {
	b := newBoard(true)
	b.Set(uartIMSC, uint16(intTX))
	var want []byte
	for b.Get(uartFR)&uint16(flagTXFF) == 0 {
		c := byte('a' + len(want)%26)
		want = append(want, c)
		b.Set(uartDR, uint16(c))
	}
	if len(want) != wireSize+fifoDepth {
		t.Errorf("TXFF after %d characters, want %d", len(want), wireSize+fifoDepth)
	}
	if b.Pin.High {
		t.Error("transmit interrupt with a full FIFO")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := b.Run(ctx, &out); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got %d bytes, want %d", out.Len(), len(want))
	}
	if !b.Pin.High {
		t.Error("no transmit interrupt when the FIFO has emptied")
	}
}

func TestRunError(t *testing.T) {
	b := newBoard(true)
	b.Set(uartDR, 'x')
	r, w := io.Pipe()
	r.CloseWithError(io.ErrNoProgress)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is there is written all the same
	if err := b.Run(ctx, w); !errors.Is(err, io.ErrNoProgress) || !strings.Contains(err.Error(), "pl011: ") {
		t.Errorf("got %v, want pl011's %v", err, io.ErrNoProgress)
	}
}

// patient ends a wait that a broken UART would never end.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestFeed(t *testing.T) {
	b := newBoard(true)
	want := strings.Repeat("type ahead ", 100)
	done := make(chan error)
	go func() { done <- b.Feed(patient(t), []byte(want)) }()
	var got []byte
	deadline := time.Now().Add(10 * time.Second)
	for len(got) < len(want) && time.Now().Before(deadline) {
		if b.Get(uartFR)&uint16(flagRXFE) == 0 {
			got = append(got, byte(b.Get(uartDR)))
		}
	}
	if err := <-done; err != nil || string(got) != want {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	b.Set(uartCR, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Feed(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("a disabled receiver: got %v, want %v", err, context.Canceled)
	}
}

// A break waits for room like a byte, and comes in its turn.
func TestFeedBreak(t *testing.T) {
	b := newBoard(true)
	full := bytes.Repeat([]byte("x"), fifoDepth)
	done := make(chan error)
	go func() {
		err := b.Feed(patient(t), full)
		if err == nil {
			err = b.FeedBreak(patient(t))
		}
		if err == nil {
			err = b.Feed(patient(t), []byte("y"))
		}
		done <- err
	}()
	var got []uint16
	deadline := time.Now().Add(10 * time.Second)
	for len(got) < fifoDepth+2 && time.Now().Before(deadline) {
		if b.Get(uartFR)&uint16(flagRXFE) == 0 {
			got = append(got, uint16(b.Get(uartDR)))
		}
	}
	if err := <-done; err != nil || len(got) != fifoDepth+2 {
		t.Fatalf("got %#x, %v", got, err)
	}
	if tail := got[fifoDepth-1:]; !slices.Equal(tail, []uint16{'x', uint16(charBE), 'y'}) {
		t.Errorf("got %#x at the end, want x, a break, y", tail)
	}
}

// A feeder that waits is woken when the guest enables the receiver and its
// interrupt, in either order.
func TestFeedWaitsForReceiver(t *testing.T) {
	for _, order := range [][2]uint64{{uartCR, uartIMSC}, {uartIMSC, uartCR}} {
		b := newBoard(false)
		done := make(chan error)
		go func() { done <- b.Feed(patient(t), []byte("x")) }()
		for _, off := range order {
			select {
			case err := <-done:
				t.Fatalf("fed before the write to 0x%x (error %v)", off, err)
			default:
			}
			b.Set(off, map[uint64]uint16{uartCR: uint16(firmwareCR), uartIMSC: uint16(intRT)}[off])
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		b.Check(t, "fed", uartDR, 'x')
	}
}

// Linux enables the receive interrupts, gets its interrupt, and then empties the FIFO
// (pl011_hwinit and pl011_enable_interrupts of its driver). What is fed survives that.
func TestFeedWaitsForTheDriversStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(true)
		done := make(chan error, 1)
		go func() { done <- b.Feed(patient(t), []byte("x")) }()
		b.Set(uartIMSC, uint16(intRX|intRT))
		time.Sleep(startTime - 1)
		b.Set(uartICR, uint16(intRX|intRT))
		b.Check(t, "before the driver listens", uartFR, uint16(flagTXFE|flagRXFE|flagCTS|flagDSR|flagDCD))
		b.Set(uartIMSC, uint16(intRX|intRT))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		b.Check(t, "then", uartDR, 'x')
	})
}

// A driver that has no room disables its receive interrupts for a moment, and is fed as soon
// as it enables them again. After a reset another one starts.
func TestFeedAfterMask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(true)
		fed := func() time.Duration {
			began := time.Now()
			if err := b.Feed(patient(t), []byte("x")); err != nil {
				t.Fatal(err)
			}
			b.Check(t, "fed", uartDR, 'x')
			return time.Since(began)
		}
		for _, step := range []struct {
			masked time.Duration // or a reset, if 0
			want   time.Duration
		}{{0, startTime}, {stopTime - 1, 0}, {stopTime, startTime}, {1, 0}, {0, startTime}} {
			if b.Set(uartIMSC, 0); step.masked == 0 {
				b.Reset()
			}
			time.Sleep(step.masked)
			b.Set(uartIMSC, uint16(intRX))
			if got := fed(); got != step.want {
				t.Errorf("masked for %v: fed after %v, want %v", step.masked, got, step.want)
			}
		}
	})
}

// A guest without interrupts is fed once it looks for input; one that only
// sends, and looks at the flags before and after each character, is not.
func TestFeedWaitsForPoller(t *testing.T) {
	b := newBoard(true)
	done := make(chan error)
	go func() { done <- b.Feed(patient(t), []byte("x")) }()
	for range 100 {
		b.Get(uartFR)
		b.Set(uartDR, '.')
		b.Get(uartFR)
		b.take(make([]byte, wireSize))
	}
	if b.Get(uartFR)&uint16(flagRXFE) == 0 {
		t.Fatal("fed a guest that only sends")
	}
	for range pollsToListen {
		b.Get(uartFR)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.Check(t, "fed", uartDR, 'x')
}

// A guest that waits for a slow host to take its output reads UARTFR as often as one
// that polls for input. It is fed nothing: its driver, when it starts, would drop it.
func TestFeedWaitsForOutput(t *testing.T) {
	for _, waiting := range []struct {
		name string
		fifo int // characters in the transmit FIFO, which the full wire does not take
		flag flags
	}{{"TXFF", fifoDepth, flagTXFF}, {"BUSY", 1, flagBUSY}} {
		t.Run(waiting.name, func(t *testing.T) {
			b := newBoard(true)
			for range wireSize + waiting.fifo {
				b.Set(uartDR, '.')
			}
			for range 2 * pollsToListen {
				if b.Get(uartFR)&uint16(waiting.flag) == 0 {
					t.Fatalf("%v is not set: %v", waiting.flag, b.UART)
				}
			}
			if n, _ := b.ifListening(func() int { return b.receiveLocked([]byte("x")) }); n != 0 {
				t.Error("fed a guest that waits for its output to leave")
			}
			b.take(make([]byte, wireSize))
			for range pollsToListen {
				b.Get(uartFR)
			}
			if n, _ := b.ifListening(func() int { return b.receiveLocked([]byte("x")) }); n != 1 {
				t.Errorf("not fed when the output has left and the guest polls: %v", b.UART)
			}
		})
	}
}

// FuzzUART runs a sequence of operations, four bytes each, and checks after
// each that the line and the flags are what the state says.
func FuzzUART(f *testing.F) {
	f.Add([]byte{0, 0x30, 0x81, 3, 0, 0x00, 'x', 0, 4, 0, 9, 0})
	f.Add([]byte{0, 0x2c, 0x70, 0, 0, 0x30, 0x01, 3, 4, 5, 40, 0, 1, 0, 0, 0, 3, 0, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		b := newBoard(true)
		for ops = ops[:min(len(ops), 4000)]; len(ops) >= 4; ops = ops[4:] {
			off, v := uint64(ops[1]), uint64(ops[2])|uint64(ops[3])<<8
			switch ops[0] % 6 {
			case 0:
				b.Write(mmio.Access{Off: off &^ 3, Size: 4}, v)
			case 1:
				b.Read(mmio.Access{Off: off, Size: 1 << (ops[2] & 3)})
			case 2:
				b.Write(mmio.Access{Off: off | v<<8&0xf00, Size: 1 << (ops[3] & 3)}, v)
			case 3:
				b.take(make([]byte, ops[1]))
			case 4:
				b.Receive(make([]byte, ops[2]))
			case 5:
				b.ReceiveBreak()
			}
			m := &b.m
			if b.Pin.High != (m.raw&m.imsc != 0) {
				t.Fatalf("line %v: %v", b.Pin.High, b.UART)
			}
			if m.rx.n < 0 || m.rx.n > m.depth() || m.tx.n < 0 || m.tx.n > m.depth() || m.wire.n > wireSize {
				t.Fatalf("FIFO out of bounds: %v", b.UART)
			}
			if m.modem != m.modemInputs() {
				t.Fatalf("modem inputs %v, want %v", m.modem, m.modemInputs())
			}
			if m.tx.n > 0 && m.sending() && !m.wire.full() {
				t.Fatalf("a character waits for nothing: %v", b.UART)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	u := newBoard(true)
	p := make([]byte, wireSize)
	b.ReportAllocs()
	for b.Loop() {
		u.Set(uartDR, 'x')
		if u.m.wire.full() {
			u.take(p)
		}
	}
}

func TestAccessDoesNotAllocate(t *testing.T) {
	b := newBoard(true)
	b.Set(uartIMSC, 0x7ff)
	b.CheckAllocations(t, table)
}
