package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// openPTY returns the terminal end of a pseudo terminal.
func openPTY(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("skipped: no pseudo terminals:", err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip("skipped: no pseudo terminals:", err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("skipped: no pseudo terminals:", err)
	}
	t.Cleanup(func() { slave.Close() })
	return slave
}

func TestTerminalIsRestored(t *testing.T) {
	slave := openPTY(t)
	before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	terminal := &tty{in: slave}
	var out bytes.Buffer
	say := messages{&out, terminal}
	if err := terminal.makeRaw(); err != nil {
		t.Fatal(err)
	}
	raw, _ := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if raw.Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) != 0 {
		t.Errorf("raw: Lflag 0x%x has ICANON, ECHO or ISIG", raw.Lflag)
	}
	fmt.Fprint(say, "one\ntwo\n")
	terminal.restore()
	terminal.restore()
	fmt.Fprint(say, "three\n")
	after, _ := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if *after != *before {
		t.Errorf("restored to\n%+v\nwant\n%+v", *after, *before)
	}
	if want := "one\r\ntwo\r\nthree\n"; out.String() != want {
		t.Errorf("messages %q, want %q", &out, want)
	}
}

// A signal that ends or stops the process finds the terminal as it was. When the process goes on, the terminal is raw
// again, and restore still knows the first mode.
func TestSignalsAtTerminal(t *testing.T) {
	slave := openPTY(t)
	mode := func() unix.Termios {
		t.Helper()
		m, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return *m
	}
	cooked := mode()
	terminal := &tty{in: slave}
	if err := terminal.makeRaw(); err != nil {
		t.Fatal(err)
	}
	raw := mode()
	for _, test := range []struct {
		name  string
		sig   syscall.Signal
		raise syscall.Signal // 0: none
		after unix.Termios
	}{
		{"stop", syscall.SIGTSTP, syscall.SIGSTOP, cooked},
		{"go on", syscall.SIGCONT, 0, raw},
		{"go on after a stop that cannot be caught", syscall.SIGCONT, 0, raw},
		{"quit", syscall.SIGQUIT, syscall.SIGQUIT, cooked},
	} {
		var raised syscall.Signal
		terminal.obey(test.sig, func(sig syscall.Signal) {
			raised = sig
			if mode() != cooked {
				t.Errorf("%s: the terminal is raw when %v is raised", test.name, sig)
			}
		})
		if now := mode(); raised != test.raise || now != test.after {
			t.Errorf("%s: raised %v, want %v; mode\n%+v, want\n%+v", test.name, raised, test.raise, now, test.after)
		}
	}
}

func TestNoTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	terminal := &tty{in: r}
	if err := terminal.makeRaw(); err != nil || terminal.raw() {
		t.Errorf("makeRaw of a pipe: %v, raw %v", err, terminal.raw())
	}
	terminal.restore()
}
