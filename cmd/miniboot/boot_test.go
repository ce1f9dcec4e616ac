package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A transcript is the output of a run while it grows.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// waitFor waits until the output has text.
func (s *transcript) waitFor(t *testing.T, text string) {
	t.Helper()
	s.waitSeveral(t, text, 1)
}

// waitSeveral waits until the output has text so many times.
func (s *transcript) waitSeveral(t *testing.T, text string, times int) {
	t.Helper()
	for range 6000 {
		if strings.Count(s.String(), text) >= times {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%q is not %d times in the output:\n%s", text, times, s)
}

// terminate sends this process SIGTERM, or types the guest's own command where there is no such signal.
func terminate(t *testing.T, stdin io.Writer) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(syscall.SIGTERM)
	}
	if err != nil {
		t.Log("no SIGTERM on this system:", err)
		io.WriteString(stdin, "poweroff\r")
	}
}

// TestBoot runs the command with the default guest to each of its exit statuses.
func TestBoot(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: the default guest needs a go command")
	}
	for _, test := range []struct {
		name   string
		args   []string
		act    func(t *testing.T, stdin io.Writer, out *transcript)
		status int
		want   string
	}{
		{"type, then a signal", nil, func(t *testing.T, stdin io.Writer, out *transcript) {
			out.waitFor(t, "/ # ")
			io.WriteString(stdin, "echo $((6*7)) $(uname -m)\r")
			out.waitFor(t, "\n42 aarch64\r\n/ # ")
			terminate(t, stdin)
		}, exitPowerOff, "Power down"},
		{"a signal before anything listens to the power key", nil, func(t *testing.T, stdin io.Writer, out *transcript) {
			out.waitFor(t, "Booting Linux")
			terminate(t, stdin)
		}, exitPowerOff, "Power down"},
		{"virtio console", []string{"-console", "stdio"}, func(t *testing.T, stdin io.Writer, out *transcript) {
			out.waitFor(t, "/ # ")
			io.WriteString(stdin, "tty; stty size\r")
			out.waitFor(t, "/dev/hvc0\r\n0 0\r\n")
			io.WriteString(stdin, "poweroff\r")
		}, exitPowerOff, "/dev/hvc0"}, // Linux resets its virtio devices before it says Power down
		{"type ahead", nil, func(_ *testing.T, stdin io.Writer, _ *transcript) { io.WriteString(stdin, "uname -m\npoweroff\n") },
			exitPowerOff, "\naarch64\r\n"},
		{"reset", []string{"-no-reboot", "-append", `quiet miniboot.run="reboot"`}, nil, exitGuest, "-no-reboot is given"},
		{"panic", []string{"-append", "initcall_blacklist=populate_rootfs"}, nil, exitGuest, "the guest's kernel panicked"},
		{"timeout", []string{"-timeout", "4s", "-serial", "none", "-stats"}, nil, exitTimeout, "cpu 0 at PC 0x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdin, typed, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			defer typed.Close()
			out := &transcript{}
			if test.act != nil {
				var wg sync.WaitGroup
				defer wg.Wait()
				wg.Go(func() { test.act(t, typed, out) })
			}
			args := append([]string{"-accel", "soft", "-m", "256M"}, test.args...)
			if !slices.Contains(args, "-timeout") {
				args = append(args, "-timeout", "2m")
			}
			status := run(args, stdin, out, out)
			if status != test.status || !strings.Contains(out.String(), test.want) {
				t.Errorf("miniboot %s: status %d, want %d and %q; output:\n%s", strings.Join(args, " "), status, test.status, test.want, out)
			}
		})
	}
}
