//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/sandbox/sandboxtest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// childVariable holds an order when the test's program is run again: nothing takes a sandbox back, so each has a process
// of its own.
const childVariable = "MINIBOOT_SANDBOX_TEST"

// An order is what a child does.
type order struct {
	Config Config
	Open   bool // do not enter the sandbox
	Target sandboxtest.Target
	Work   string // the name of what else it does, see works
}

// A report is what a child prints.
type report struct {
	Held       Held
	Took, CPU  time.Duration // by Enter, and by all threads during it
	WorkCPU    time.Duration // by all threads during the rest of the work
	Succeeding []string
	Err        string // of Enter, or of the work
}

func TestMain(m *testing.M) {
	text := os.Getenv(childVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	os.Unsetenv(childVariable)
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(o.obey())
}

// obey makes the attempts on a thread that is older than the sandbox, and not the one that enters it.
func (o order) obey() (r report) {
	entered, done := make(chan bool), make(chan []string)
	go func() {
		runtime.LockOSThread()
		<-entered
		done <- sandboxtest.Succeeding(o.Target)
	}()
	work := works[o.Work]
	var finish func() error
	if work != nil {
		finish = work(o)
	}
	if !o.Open {
		var err error
		begun, used := time.Now(), cpuTime()
		r.Held, err = Enter(o.Config)
		if r.Took, r.CPU = time.Since(begun), cpuTime()-used; err != nil {
			r.Err = err.Error()
			return r
		}
	}
	if finish != nil {
		used := cpuTime()
		if err := finish(); err != nil {
			r.Err = err.Error()
		}
		r.WorkCPU = cpuTime() - used
		return r
	}
	entered <- true
	r.Succeeding = <-done
	return r
}

// cpuTime is what the process has used of its processors.
func cpuTime() time.Duration {
	var r unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// run runs a child.
func (o order) run(t testing.TB) (r report) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", childVariable, text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the child: %v; it printed %q", err, out)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("the child printed %q: %v", out, err)
	}
	return r
}

// newTarget makes what the attempts are directed at.
func newTarget(t testing.TB) sandboxtest.Target {
	t.Helper()
	dir := virtiotest.ShortDir(t)
	for _, name := range []string{"secret", "victim"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(dir, "s")
	return sandboxtest.Target{Dir: dir, Unix: listen(t, "unix", socket), TCP: listen(t, "tcp", "127.0.0.1:0"), Exec: os.Args[0]}
}

// listen listens until the end of the test. Nobody needs to accept: the kernel completes connections.
func listen(t testing.TB, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}
