//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/sandbox/sandboxtest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

var (
	noLandlock = landlockABI() == 0

	readAttempts  = []string{"read a file", "list a directory"}
	writeAttempts = []string{"write to a file", "make a file", "make a directory", "make a link", "make a symbolic link",
		"make a FIFO", "rename a file", "remove a file", "write to the process's memory"}
	modeAttempts = []string{"change a file's mode"} // Landlock does not know them
	netAttempts  = []string{"connect to a TCP port", "send a datagram"}
	unixAttempts = []string{"connect to a Unix socket"}
)

// optional are attempts that a kernel may refuse to everybody, by its configuration.
var optional = []string{"make a socket of the network's packets", "make a netlink socket", "make a Multipath TCP socket", "load a BPF program",
	"make an io_uring", "handle page faults", "use a key", "open a performance counter", "enter a namespace", "open a file by its handle"}

// TestWithoutSandbox: each attempt succeeds then, or this kernel refuses it to everybody.
func TestWithoutSandbox(t *testing.T) {
	got := order{Open: true, Target: newTarget(t)}.run(t).Succeeding
	for _, name := range optional {
		if !slices.Contains(got, name) {
			t.Logf("this kernel refuses to everybody: %s", name)
			got = append(got, name)
		}
	}
	if len(got) != sandboxtest.Count() {
		t.Errorf("%d of %d attempts succeed, %q", len(got), sandboxtest.Count(), got)
	}
}

// TestAttempts: what is not refused is what the configuration is for, or what package documentation says remains.
func TestAttempts(t *testing.T) {
	shared, file := virtiotest.ShortDir(t), filepath.Join(virtiotest.ShortDir(t), "kernel")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unixRemains := unixAttempts
	if landlockABI() >= 9 {
		unixRemains = nil
	}
	for _, test := range []struct {
		name    string
		config  Config
		reads   bool     // the target's directory too
		remains []string // with Landlock
		alone   []string // with seccomp alone
	}{
		{"nothing", Config{}, false, nil, nil},
		{"files to read", Config{Read: []string{file}}, false, nil, readAttempts},
		{"files to write", Config{Write: []string{shared}}, false, modeAttempts, slices.Concat(readAttempts, writeAttempts, modeAttempts)},
		{"a directory to read", Config{}, true, readAttempts, readAttempts},
		{"a directory to read, another to write", Config{Write: []string{shared}}, true, slices.Concat(readAttempts, modeAttempts),
			slices.Concat(readAttempts, writeAttempts, modeAttempts)},
		{"the internet", Config{Internet: true}, false, netAttempts, netAttempts},
		{"interfaces", Config{Interfaces: true}, false, []string{"make a netlink socket"}, []string{"make a netlink socket"}},
		{"Unix sockets", Config{Dial: []string{shared}}, false, unixRemains, unixAttempts},
		{"open sockets", Config{Sockets: true}, false, nil, nil},
		{"all", Config{Read: []string{file}, Write: []string{shared}, Internet: true, Dial: []string{shared}}, false,
			slices.Concat(modeAttempts, netAttempts, unixRemains), slices.Concat(readAttempts, writeAttempts, modeAttempts, netAttempts, unixAttempts)},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, without := range []bool{false, true} {
				want := test.remains
				if without {
					want = test.alone
				} else if noLandlock {
					t.Log("this kernel has no Landlock: only seccomp alone is tested")
					continue
				}
				o := order{Config: test.config, Target: newTarget(t)}
				o.Config.WithoutLandlock = without
				if test.reads {
					o.Config.Read = append(o.Config.Read, o.Target.Dir)
				}
				r := o.run(t)
				if r.Err != "" || r.Held.Calls == 0 || !r.Held.NoNewPrivs || r.Held.Landlock > 0 == without {
					t.Fatalf("without Landlock %t: it holds %v, error %q", without, r.Held, r.Err)
				}
				for _, line := range sandboxtest.Compare(r.Succeeding, want) {
					t.Errorf("without Landlock %t: %s", without, line)
				}
			}
		})
	}
}

// BenchmarkEnter measures what a sandbox adds to the start of a machine, in a process of its own each time.
func BenchmarkEnter(b *testing.B) {
	for name, c := range map[string]Config{
		"disk": {Read: []string{os.Args[0]}, OpenFiles: 1024},
		"all":  {Read: []string{os.Args[0]}, Write: []string{os.TempDir()}, Internet: true, Dial: []string{os.TempDir()}},
	} {
		b.Run(name, func(b *testing.B) {
			best, cpu := time.Hour, time.Duration(0)
			for b.Loop() {
				r := order{Config: c, Work: "nothing"}.run(b)
				if r.Err != "" {
					b.Fatal(r.Err)
				}
				best, cpu = min(best, r.Took), cpu+r.CPU
			}
			b.ReportMetric(float64(best.Microseconds()), "best-µs/enter")
			b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "CPU-µs/enter")
		})
	}
}

// BenchmarkRead measures what a sandbox adds to the system calls of a disk, in pairs of processes.
func BenchmarkRead(b *testing.B) {
	o := order{Work: "reads", Target: newTarget(b)}
	best := map[bool]time.Duration{false: time.Hour, true: time.Hour}
	for b.Loop() {
		for open := range best {
			o.Open = open
			r := o.run(b)
			if r.Err != "" {
				b.Fatal(r.Err)
			}
			best[open] = min(best[open], r.WorkCPU)
		}
	}
	b.ReportMetric(float64(best[true].Nanoseconds())/reads, "open-ns/read")
	b.ReportMetric(float64(best[false].Nanoseconds())/reads, "sandbox-ns/read")
}
