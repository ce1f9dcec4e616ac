package vmm_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/vmm/expect"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// A kernel without an init panics and does not end. Whoever waits for its prompt gets
// an error with the last lines of the console.
func TestPanicEndsExpect(t *testing.T) {
	cfg := defaultGuest(t)
	cfg.CommandLine += " rdinit=/nosuch init=/nosuch panic=0"
	cfg.RaiseGOMAXPROCS = true
	ctx, cancel := context.WithTimeout(t.Context(), vmtest.Deadline)
	defer cancel()
	g, err := expect.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	_, err = g.Expect(ctx, "no prompt")
	var detailed *expect.Error
	if !errors.Is(err, expect.ErrPanicked) || !errors.As(err, &detailed) || !strings.Contains(detailed.Console, "Kernel panic") {
		t.Errorf("%v, want %v with the console's end", err, expect.ErrPanicked)
	}
}
