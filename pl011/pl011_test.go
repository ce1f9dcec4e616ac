package pl011

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/mmio/mmiotest"
)

// board is a UART with its line, and the guest's accesses.
type board struct {
	*UART
	pin *mmiotest.Pin
}

func newBoard(firmware bool) board {
	p := &mmiotest.Pin{}
	return board{New(Config{Line: p, Firmware: firmware}), p}
}

func (b board) get(off uint64) uint16    { return uint16(b.Read(mmio.Access{Off: off, Size: 4})) }
func (b board) set(off uint64, v uint16) { b.Write(mmio.Access{Off: off, Size: 4}, uint64(v)) }

// check compares what the guest sees with what a step should lead to.
func (b board) check(t *testing.T, step string, off uint64, want uint16) {
	t.Helper()
	if got := b.get(off); got != want {
		t.Errorf("%s: register 0x%03x: got 0x%04x, want 0x%04x", step, off, got, want)
	}
	b.checkLine(t, step)
}

func (b board) checkLine(t *testing.T, step string) {
	t.Helper()
	if want := b.get(uartRIS)&b.get(uartIMSC) != 0; b.pin.High != want {
		t.Errorf("%s: line is %v, want %v: %v", step, b.pin.High, want, b.UART)
	}
}

func TestResetValues(t *testing.T) {
	fresh := newBoard(false)
	used := newBoard(false)
	for _, r := range table {
		used.set(r.Off, 0xffff)
	}
	used.Reset()
	for _, r := range table {
		if got := fresh.get(r.Off); uint64(got) != r.Reset {
			t.Errorf("%s at 0x%03x: got 0x%x after reset, want 0x%x", r.Name, r.Off, got, r.Reset)
		}
		if got := used.get(r.Off); uint64(got) != r.Reset {
			t.Errorf("%s at 0x%03x: got 0x%x after use and reset, want 0x%x", r.Name, r.Off, got, r.Reset)
		}
	}
}

func TestFirmware(t *testing.T) {
	b := newBoard(true)
	b.Reset()
	b.check(t, "reset by firmware", uartCR, 0x0301)
	b.check(t, "reset by firmware", uartLCRH, 0x70)
	b.check(t, "reset by firmware", uartIBRD, 13)
	b.check(t, "reset by firmware", uartFBRD, 1)
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

// Every offset at every size, aligned or not, is read and written: no register
// but at its own offset, and the line is always what the registers say.
func TestEveryAccess(t *testing.T) {
	b := newBoard(false)
	mmiotest.EveryAccess(t, b, mmio.PrimeCellSize,
		func(a mmio.Access) bool { return table.Find(a) != nil },
		func(step string) { b.checkLine(t, step) })
}

func TestReceiveLevels(t *testing.T) {
	for ifls, level := range []int{4, 8, 16, 24, 28} {
		b := newBoard(true)
		b.set(uartIFLS, uint16(ifls)<<3)
		b.set(uartIMSC, uint16(intRX))
		for n := 1; n <= 32; n++ {
			if got := b.Receive([]byte{byte(n)}); got != 1 {
				t.Fatalf("level %d: character %d not taken", level, n)
			}
			if b.pin.High != (n >= level) {
				t.Errorf("level %d: line %v with %d characters", level, b.pin.High, n)
			}
		}
		if got := b.Receive([]byte{0}); got != 0 {
			t.Errorf("level %d: a full FIFO took a character", level)
		}
		b.check(t, "full", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFF))
		for n := 31; n >= 0; n-- {
			b.check(t, "read", uartDR, uint16(32-n))
			if b.pin.High != (n >= level) {
				t.Errorf("level %d: line %v with %d characters left", level, b.pin.High, n)
			}
		}
	}
}

func TestReceiveTimeout(t *testing.T) {
	b := newBoard(true)
	b.set(uartIMSC, uint16(intRX|intRT)) // as amba-pl011 does
	if b.Receive([]byte("ab")) != 2 || !b.pin.High {
		t.Fatalf("two characters: no interrupt: %v", b.UART)
	}
	b.check(t, "two characters", uartMIS, uint16(intRT))
	b.set(uartICR, uint16(intRT))
	b.check(t, "cleared", uartMIS, 0)
	b.check(t, "first", uartDR, 'a')
	b.check(t, "one left", uartMIS, uint16(intRT))
	b.check(t, "second", uartDR, 'b')
	b.check(t, "empty", uartMIS, 0)
}

func TestCharacterMode(t *testing.T) {
	b := newBoard(true)
	b.set(uartLCRH, uint16(lineWLEN))
	b.set(uartIMSC, uint16(intRX))
	if got := b.Receive([]byte("xy")); got != 1 {
		t.Errorf("took %d characters without FIFO, want 1", got)
	}
	b.check(t, "one character", uartMIS, uint16(intRX))
	b.check(t, "full", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFF))
	b.check(t, "read", uartDR, 'x')
	b.check(t, "empty", uartRIS, 0)
	b.set(uartDR, 'z')
	b.check(t, "sent", uartRIS, uint16(intTX))
}

// Turning the FIFOs off empties them.
func TestFIFODisableFlushes(t *testing.T) {
	b := newBoard(true)
	b.Receive([]byte("abc"))
	b.set(uartCR, uint16(ctlUARTEN|ctlRXE)) // no TXE: what is written stays
	b.set(uartDR, '1')
	b.set(uartLCRH, uint16(lineWLEN))
	b.check(t, "flushed", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFE))
	b.check(t, "flushed", uartRIS, 0)
}

// With the transmitter off the FIFO fills; the interrupt comes when it is
// turned on and the FIFO falls through its level.
func TestTransmitLevel(t *testing.T) {
	for ifls, level := range []int{4, 8, 16, 24, 28} {
		b := newBoard(true)
		b.set(uartIFLS, uint16(ifls))
		b.set(uartIMSC, uint16(intTX))
		b.check(t, "nothing sent", uartRIS, 0)
		b.set(uartDR, 's')
		b.check(t, "one sent", uartRIS, uint16(intTX))
		b.set(uartCR, uint16(ctlUARTEN|ctlRXE))
		for n := 1; n <= 32; n++ {
			b.set(uartDR, 'x')
			if b.pin.High != (n <= level) {
				t.Errorf("level %d: line %v with %d characters", level, b.pin.High, n)
			}
		}
		b.check(t, "full", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagBUSY|flagTXFF|flagRXFE))
		b.set(uartDR, 'y') // lost
		b.set(uartCR, uint16(firmwareCR))
		b.check(t, "sent", uartMIS, uint16(intTX))
		b.check(t, "sent", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFE))
		p := make([]byte, 64)
		if got, want := string(p[:b.take(p)]), "s"+strings.Repeat("x", 32); got != want {
			t.Errorf("level %d: sent %q, want %q", level, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	b := newBoard(true)
	b.set(uartIMSC, 0x7ff)
	b.set(uartCR, uint16(firmwareCR|ctlLBE))
	b.check(t, "modem outputs are low", uartFR, uint16(flagTXFE|flagRXFE))
	b.check(t, "modem inputs fell", uartRIS, uint16(intCTS|intDSR|intDCD))
	b.set(uartICR, 0x7ff)
	b.set(uartCR, uint16(firmwareCR|ctlLBE|ctlOut2|ctlRTS))
	b.check(t, "Out2 is RI, RTS is CTS", uartFR, uint16(flagTXFE|flagRXFE|flagRI|flagCTS))
	b.check(t, "Out2 is RI, RTS is CTS", uartRIS, uint16(intRI|intCTS))
	b.set(uartICR, 0x7ff)
	if got := b.Receive([]byte("host")); got != 0 {
		t.Errorf("took %d characters from the host in loopback", got)
	}
	b.set(uartDR, 'q')
	b.check(t, "looped", uartRIS, uint16(intTX|intRT))
	b.check(t, "looped", uartDR, 'q')
	b.set(uartCR, uint16(firmwareCR|ctlLBE|ctlDTR|ctlRTS|ctlOut1|ctlOut2))
	b.check(t, "all outputs", uartFR, uint16(flagTXFE|flagRXFE|flagCTS|flagDSR|flagDCD|flagRI))
	if n := b.take(make([]byte, 1)); n != 0 {
		t.Errorf("loopback reached the host")
	}
}

func TestOverrun(t *testing.T) {
	b := newBoard(true)
	b.set(uartCR, uint16(firmwareCR|ctlLBE))
	b.set(uartICR, 0x7ff)
	b.set(uartIMSC, uint16(intOE))
	for n := range 33 {
		b.set(uartDR, uint16(n))
	}
	b.check(t, "33 characters", uartMIS, uint16(intOE))
	b.check(t, "33 characters", uartRIS, uint16(intOE|intRX|intRT|intTX))
	b.check(t, "33 characters", uartRSR, statusOE)
	b.check(t, "data after overrun", uartDR, uint16(charOE)|0)
	b.set(uartRSR, 0)
	b.check(t, "error cleared", uartRSR, 0)
	b.check(t, "DR still tells", uartDR, uint16(charOE)|1)
	b.set(uartDR, 'n') // there is room again
	b.check(t, "a character was received", uartDR, 2)
	b.set(uartICR, uint16(intOE))
	b.check(t, "cleared", uartMIS, 0)
}

func TestBreak(t *testing.T) {
	b := newBoard(true)
	b.set(uartIMSC, uint16(intBE|intRT))
	b.Receive([]byte("a"))
	if !b.ReceiveBreak() {
		t.Fatal("no room for a break")
	}
	b.check(t, "break", uartMIS, uint16(intBE|intRT))
	b.check(t, "before it", uartDR, 'a')
	b.check(t, "before it", uartRSR, 0)
	b.check(t, "the break", uartDR, uint16(charBE))
	b.check(t, "the break", uartRSR, uint16(charBE>>statusShift))
	b.set(uartICR, uint16(intBE))
	b.check(t, "cleared", uartMIS, 0)
}

// A break that the guest sends holds its output back, and comes back to it in
// loopback.
func TestSendBreak(t *testing.T) {
	b := newBoard(true)
	b.set(uartLCRH, uint16(firmwareLine|lineBRK))
	b.set(uartDR, 'x')
	b.check(t, "held", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagBUSY|flagRXFE))
	b.set(uartLCRH, uint16(firmwareLine))
	b.check(t, "released", uartFR, uint16(flagCTS|flagDSR|flagDCD|flagTXFE|flagRXFE))
	b.set(uartCR, uint16(firmwareCR|ctlLBE))
	b.set(uartLCRH, uint16(firmwareLine|lineBRK))
	b.check(t, "looped", uartDR, uint16(charBE))
}

// Interrupts and errors come together, each with its own bit.
func TestTogether(t *testing.T) {
	b := newBoard(true)
	b.set(uartDR, 'x')
	b.Receive([]byte("a"))
	b.check(t, "sent, then received", uartRIS, uint16(intTX|intRT))
	b.Receive(make([]byte, 14))
	b.ReceiveBreak()
	b.check(t, "the level, with a break", uartRIS, uint16(intTX|intRT|intRX|intBE))
	for range 16 {
		b.get(uartDR)
	}
	b.check(t, "break read", uartRSR, uint16(charBE>>statusShift))
	b.set(uartCR, uint16(firmwareCR|ctlLBE))
	for range 33 {
		b.set(uartDR, 0)
	}
	b.check(t, "break, then overrun", uartRSR, uint16(charBE>>statusShift)|statusOE)
}

// Sending is no reason for a receive timeout that the guest has cleared.
func TestTimeoutStaysCleared(t *testing.T) {
	b := newBoard(true)
	b.Receive([]byte("a"))
	b.set(uartICR, uint16(intRT))
	b.set(uartDR, 'x')
	b.check(t, "sent", uartRIS, uint16(intTX))
}

// Writing UARTLCR_H empties the FIFOs only when it turns them off.
func TestLineControlKeeps(t *testing.T) {
	b := newBoard(true)
	b.set(uartLCRH, uint16(lineWLEN))
	b.Receive([]byte("a"))
	b.set(uartLCRH, uint16(firmwareLine))
	b.Receive([]byte("b"))
	b.set(uartLCRH, uint16(firmwareLine))
	b.check(t, "before the FIFO was on", uartDR, 'a')
	b.check(t, "after", uartDR, 'b')
}

// The wire is taken in any portions, round its end.
func TestTake(t *testing.T) {
	b := newBoard(true)
	next := byte(0)
	for round := range 3 * wireSize / 100 {
		for i := range 100 {
			b.set(uartDR, uint16(byte(round*100+i)))
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
	b.set(uartCR, uint16(firmwareCR|ctlLBE|ctlRTSEn|ctlCTSEn))
	b.set(uartIFLS, 0)
	for n := range 20 {
		b.set(uartDR, uint16(n))
	}
	b.check(t, "20 characters", uartFR, uint16(flagBUSY)) // RTS, so CTS, is low
	if b.m.rx.n != 4 {
		t.Errorf("%d characters came before RTS fell, want the level, 4", b.m.rx.n)
	}
	for n := range 20 {
		b.check(t, "in order", uartDR, uint16(n))
	}
	b.check(t, "empty", uartFR, uint16(flagCTS|flagTXFE|flagRXFE))
	b.check(t, "no overrun", uartRSR, 0)
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
		for b.get(uartFR)&uint16(flagTXFF) != 0 {
			if time.Now().After(deadline) {
				t.Fatalf("TXFF stays set: %v", b.UART)
			}
		}
		b.set(uartDR, uint16(s[i]))
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

// Without a reader the guest is told to wait, and what it wrote until then is
// there when the reader comes.
func TestBackPressure(t *testing.T) {
	b := newBoard(true)
	b.set(uartIMSC, uint16(intTX))
	var want []byte
	for b.get(uartFR)&uint16(flagTXFF) == 0 {
		c := byte('a' + len(want)%26)
		want = append(want, c)
		b.set(uartDR, uint16(c))
	}
	if len(want) != wireSize+fifoDepth {
		t.Errorf("TXFF after %d characters, want %d", len(want), wireSize+fifoDepth)
	}
	if b.pin.High {
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
	if !b.pin.High {
		t.Error("no transmit interrupt when the FIFO has emptied")
	}
}

func TestRunError(t *testing.T) {
	b := newBoard(true)
	b.set(uartDR, 'x')
	r, w := io.Pipe()
	r.CloseWithError(io.ErrNoProgress)
	if err := b.Run(t.Context(), w); !errors.Is(err, io.ErrNoProgress) || !strings.Contains(err.Error(), "pl011: ") {
		t.Errorf("got %v, want pl011's %v", err, io.ErrNoProgress)
	}
}

func TestFeed(t *testing.T) {
	b := newBoard(true)
	want := strings.Repeat("type ahead ", 100)
	done := make(chan error)
	go func() { done <- b.Feed(t.Context(), []byte(want)) }()
	var got []byte
	deadline := time.Now().Add(10 * time.Second)
	for len(got) < len(want) && time.Now().Before(deadline) {
		if b.get(uartFR)&uint16(flagRXFE) == 0 {
			got = append(got, byte(b.get(uartDR)))
		}
	}
	if err := <-done; err != nil || string(got) != want {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	b.set(uartCR, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Feed(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("a disabled receiver: got %v, want %v", err, context.Canceled)
	}
}

// A feeder that waits is woken when the guest enables the receiver and its
// interrupt, in either order.
func TestFeedWaitsForReceiver(t *testing.T) {
	for _, order := range [][2]uint64{{uartCR, uartIMSC}, {uartIMSC, uartCR}} {
		b := newBoard(false)
		done := make(chan error)
		go func() { done <- b.Feed(t.Context(), []byte("x")) }()
		for _, off := range order {
			select {
			case err := <-done:
				t.Fatalf("fed before the write to 0x%x (error %v)", off, err)
			default:
			}
			b.set(off, map[uint64]uint16{uartCR: uint16(firmwareCR), uartIMSC: uint16(intRT)}[off])
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		b.check(t, "fed", uartDR, 'x')
	}
}

// A guest without interrupts is fed once it looks for input; one that only
// sends, and looks at the flags before and after each character, is not.
func TestFeedWaitsForPoller(t *testing.T) {
	b := newBoard(true)
	done := make(chan error)
	go func() { done <- b.Feed(t.Context(), []byte("x")) }()
	for range 100 {
		b.get(uartFR)
		b.set(uartDR, '.')
		b.get(uartFR)
		b.take(make([]byte, wireSize))
	}
	if b.get(uartFR)&uint16(flagRXFE) == 0 {
		t.Fatal("fed a guest that only sends")
	}
	for range pollsToListen {
		b.get(uartFR)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.check(t, "fed", uartDR, 'x')
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
			if b.pin.High != (m.raw&m.imsc != 0) {
				t.Fatalf("line %v: %v", b.pin.High, b.UART)
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
		u.set(uartDR, 'x')
		if u.m.wire.full() {
			u.take(p)
		}
	}
}

func TestAccessDoesNotAllocate(t *testing.T) {
	b := newBoard(true)
	b.set(uartIMSC, 0x7ff)
	for _, r := range table {
		if n := testing.AllocsPerRun(10, func() { b.set(r.Off, 0); b.get(r.Off) }); n != 0 {
			t.Errorf("%s: %v allocations", r.Name, n)
		}
	}
}
