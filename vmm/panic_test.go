package vmm

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPanicWatch(t *testing.T) {
	for _, test := range []struct {
		pieces []string
		want   bool
	}{
		{[]string{"[    1.0] Kernel panic - not syncing: No init\r\n"}, true},
		{[]string{"[    1.0] Kernel pa", "nic - not ", "syncing: No init\r\n", "more"}, true},
		{strings.Split("xKernel panic - not syncing", ""), true},
		{[]string{"Kernel panic", "", "- not syncing"}, false},
		{[]string{"Kernel ", strings.Repeat("x", 5000), "panic - not syncing"}, false},
	} {
		var through bytes.Buffer
		p := newPanicWatch(&through)
		for _, piece := range test.pieces {
			p.Write([]byte(piece))
		}
		if whole := strings.Join(test.pieces, ""); p.seen() != test.want || through.String() != whole {
			t.Errorf("%.60q: panicked %v, want %v; passed on %d bytes of %d", test.pieces, p.seen(), test.want, through.Len(), len(whole))
		}
	}
}

// guestPrints writes text to the UART and then does what end does.
func guestPrints(text string, end ...uint32) []uint32 {
	words := append([]uint32{
		0xd2a80054,                         // mov x20, #0x40020000
		0x10000001 | uint32(5+len(end))<<5, // adr x1, text
		0x38401422,                         // ldrb w2, [x1], #1
		0x34000062,                         // cbz w2, .+12
		0xb9000282,                         // str w2, [x20]
		0x17fffffd,                         // b .-12
	}, end...)
	bytes := append([]byte(text), make([]byte, 4-len(text)%4)...)
	for i := 0; i < len(bytes); i += 4 {
		words = append(words, binary.LittleEndian.Uint32(bytes[i:]))
	}
	return words
}

// A guest that panics and waits ends Run, if that is asked for, with its last
// words on the console.
func TestEndOnPanic(t *testing.T) {
	checkGoroutines(t)
	const text = "[ 1.0] Kernel panic - not syncing: VFS\r\n"
	var console bytes.Buffer
	r := start(t, Config{EndOnPanic: true, Console: &console}, guestPrints(text, 0x14000000)...) // b .
	r.wait()
	if r.reason != GuestPanicked || r.err != nil || console.String() != text {
		t.Errorf("%v, %v, want %v; console %q", r.reason, r.err, GuestPanicked, console.String())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// What a guest asks for after a panic, and without one.
func TestRequestsOfAPanickedGuest(t *testing.T) {
	const panics, lives = panicText, "all is well"
	for _, c := range []struct {
		name    string
		console string
		cfg     Config
		request request
		want    Reason
		after   time.Duration
	}{
		{"panic, reset", panics, Config{}, requestReset, GuestPanicked, 0},
		{"panic, reset under EndOnPanic", panics, Config{EndOnPanic: true}, requestReset, GuestPanicked, 0},
		{"panic, reset that is not allowed", panics, Config{NoReset: true}, requestReset, GuestPanicked, 0},
		{"panic, power off", panics, Config{}, requestPowerOff, PoweredOff, 0},
		{"panic, nothing", panics, Config{EndOnPanic: true}, noRequest, GuestPanicked, panicGrace},
		{"panic, nothing, and Run goes on", panics, Config{}, noRequest, Stopped, time.Hour},
		{"no panic, reset that is not allowed", lives, Config{EndOnPanic: true, NoReset: true}, requestReset, ResetRequested, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			watch := newPanicWatch(io.Discard)
			watch.Write([]byte(c.console))
			m := &Machine{cfg: c.cfg, requests: make(chan request, 1)}
			if c.request != noRequest {
				m.post(c.request)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			began := time.Now()
			reason, _ := m.serveRequests(ctx, watch)
			if after := time.Since(began); reason != c.want || after != c.after {
				t.Errorf("%s: %v after %v, want %v after %v", c.name, reason, after, c.want, c.after)
			}
		})
	}
}

const noRequest request = 0xff
