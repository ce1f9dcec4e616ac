package expect

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// begin starts a guest that writes text, then repeats what is typed.
func begin(t *testing.T, text string) *Guest {
	t.Helper()
	g, err := Start(t.Context(), vmm.Config{Kernel: parrot(text), Memory: vmm.MinMemory, Hypervisor: softcpu.New(softcpu.Config{}), RaiseGOMAXPROCS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func TestExpect(t *testing.T) {
	g := begin(t, "one two\r\nthree 345 four\r\nfive")
	ctx := t.Context()
	if before, err := g.Expect(ctx, "two"); before != "one " || err != nil {
		t.Errorf("Expect: %q, %v", before, err)
	}
	if which, before, err := g.ExpectAny(ctx, "four", "one", "three"); which != 2 || before != "\r\n" || err != nil {
		t.Errorf("ExpectAny: %d, %q, %v, want the earliest, behind what was taken", which, before, err)
	}
	m, err := g.ExpectRegexp(ctx, regexp.MustCompile(`(\d)(x)?(\d+) \w+\r`))
	if want := []string{"345 four\r", "3", "", "45"}; !slices.Equal(m, want) || err != nil {
		t.Errorf("ExpectRegexp: %q, %v, want %q", m, err, want)
	}
	if before, err := g.Expect(ctx, "five"); before != "\n" || err != nil {
		t.Errorf("Expect: %q, %v", before, err)
	}
	if err := g.Send(ctx, "ping."); err != nil {
		t.Fatal(err)
	}
	if before, err := g.Expect(ctx, "."); before != "ping" || err != nil {
		t.Errorf("Expect: %q, %v", before, err)
	}
	if out := g.Output(); out != "one two\nthree 345 four\nfiveping." {
		t.Errorf("Output: %q", out)
	}
}

// What ends a wait is the context, or the guest.
func TestNothingComes(t *testing.T) {
	tired := errors.New("tired")
	for _, tc := range []struct {
		name, text string
		want       error
		line       string
	}{
		{"the context's end", "hello\r\n", tired, `expect: no ["login"]: tired`},
		{"panic", "hello\r\nKernel panic - not syncing: VFS\r\n", ErrPanicked, `expect: no ["login"]: the guest's kernel panicked`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := begin(t, tc.text)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if _, err := g.Expect(ctx, "hello"); err != nil {
				t.Fatal(err)
			}
			if tc.want == tired {
				cancel(tired)
			}
			_, err := g.Expect(ctx, "login")
			var detailed *Error
			if !errors.Is(err, tc.want) || !errors.As(err, &detailed) || err.Error() != tc.line {
				t.Fatalf("%v, want an Error: %s", err, tc.line)
			}
			if !strings.Contains(detailed.Detail(), strings.ReplaceAll(tc.text, "\r", "")) {
				t.Errorf("detail %q has no %q", detailed.Detail(), tc.text)
			}
			if tc.want != ErrPanicked {
				return
			}
			if reason, err := g.Wait(ctx); reason != vmm.GuestPanicked || err != nil {
				t.Errorf("Wait: %v, %v", reason, err)
			}
			if err := g.Send(ctx, "x"); !errors.Is(err, ErrPanicked) {
				t.Errorf("Send: %v", err)
			}
		})
	}
}

// One context may be used for the guest and for a wait. Its end stops the vCPUs, and
// the error still says where they were.
func TestOneContext(t *testing.T) {
	late := errors.New("late")
	ctx, cancel := context.WithCancelCause(t.Context())
	g, err := Start(ctx, vmm.Config{Kernel: parrot("hello"), Memory: vmm.MinMemory, Hypervisor: softcpu.New(softcpu.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Expect(ctx, "hello"); err != nil {
		t.Fatal(err)
	}
	cancel(late)
	for range 2 { // while the guest is being stopped, and after it has been
		var detailed *Error
		if _, err := g.Expect(ctx, "login"); !errors.Is(err, late) || !errors.As(err, &detailed) || !strings.Contains(detailed.State, "cpu 0 at PC 0x") {
			t.Errorf("%v, want %v and the state of the vcpu", err, late)
		}
		if err := g.Send(ctx, "x"); !errors.Is(err, late) {
			t.Errorf("Send: %v, want %v", err, late)
		}
		<-g.running.Done()
	}
	if _, err := Start(ctx, vmm.Config{Kernel: parrot("hello")}); !errors.Is(err, late) {
		t.Errorf("Start with the same context: %v, want %v", err, late)
	}
}

func TestClosed(t *testing.T) {
	g := begin(t, "hello")
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	_, expectErr := g.Expect(t.Context(), "login")
	_, _, runErr := g.Run(t.Context(), "ls")
	_, waitErr := g.Wait(t.Context())
	if want := "expect: the guest has not ended by itself: the machine is closed"; waitErr == nil || waitErr.Error() != want {
		t.Errorf("Wait: %v, want %s", waitErr, want)
	}
	for _, err := range []error{expectErr, runErr, waitErr, g.Send(t.Context(), "x")} {
		if !errors.Is(err, vmm.ErrClosed) {
			t.Errorf("%v, want %v", err, vmm.ErrClosed)
		}
	}
}

// What nothing could fulfil, or anything could, is refused at once.
func TestWaitsRefused(t *testing.T) {
	g := begin(t, "hello")
	for _, tc := range []struct {
		name string
		wait func() error
		want string
	}{
		{"empty text", func() error { _, err := g.Expect(t.Context(), ""); return err }, `expect: texts [""]: give one or more, none of them empty`},
		{"no text", func() error { _, _, err := g.ExpectAny(t.Context()); return err }, "expect: texts []: give one or more, none of them empty"},
		{"one of them empty", func() error { _, _, err := g.ExpectAny(t.Context(), "a", ""); return err }, `expect: texts ["a" ""]: give one or more, none of them empty`},
		{"no expression", func() error { _, err := g.ExpectRegexp(t.Context(), nil); return err }, "expect: the regular expression is nil: give one"},
	} {
		if err := tc.wait(); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}

func TestWaitWithDeadline(t *testing.T) {
	g := begin(t, "hello")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := g.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want %v", err, context.DeadlineExceeded)
	}
}
