package vmm

import (
	"context"
	"log/slog"
	"strings"
	"testing"
)

// stuckWriter is a console whose reader has gone away without closing it.
type stuckWriter struct{ entered, leave chan struct{} }

func (w stuckWriter) Write(p []byte) (int, error) {
	close(w.entered)
	<-w.leave
	return len(p), nil
}

// TestRunEndsWithABlockedConsole cancels a machine whose console takes nothing.
func TestRunEndsWithABlockedConsole(t *testing.T) {
	w := stuckWriter{make(chan struct{}), make(chan struct{})}
	defer close(w.leave)
	var lines strings.Builder
	cfg := Config{Console: w, Log: slog.New(slog.NewTextHandler(&lines, nil))}
	m := softMachine(t, cfg,
		0xd2a80054, // mov x20, #0x40020000
		0x52800821, // mov w1, #'A'
		0xb9000281, // str w1, [x20]
		0x14000000) // b .
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-w.entered; cancel() }()
	if r, err := m.Run(ctx); r != Stopped || err != context.Canceled {
		t.Errorf("%v, %v, want %v, %v", r, err, Stopped, context.Canceled)
	}
	if want := "the guest's last console output is lost"; !strings.Contains(lines.String(), want) {
		t.Errorf("log %q, want %q", lines.String(), want)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
