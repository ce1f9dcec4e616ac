//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// works are what goes on working in a sandbox: each begins before it, and returns the rest.
var works = map[string]func(o order) func() error{
	"nothing":     func(order) func() error { return func() error { return nil } },
	"open files":  workOpenFile,
	"share":       workShare,
	"Unix socket": workUnix,
	"internet":    workInternet,
	"threads":     workThreads,
	"signals":     workSignals,
	"code":        workCode,
	"profile":     workProfile,
	"limits":      workLimits,
	"status":      workStatus,
	"reads":       workReads,
}

// TestWorks: what a machine needs works in its sandbox.
func TestWorks(t *testing.T) {
	for name := range works {
		t.Run(name, func(t *testing.T) {
			dir := virtiotest.ShortDir(t)
			for _, sub := range []string{"a", "b"} {
				if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			o := order{Work: name, Target: newTarget(t)}
			switch name {
			case "share":
				o.Config.Write, o.Target.Dir = []string{dir}, dir
			case "Unix socket":
				o.Config.Dial = []string{filepath.Dir(o.Target.Unix)}
			case "internet":
				o.Config.Internet = true
			case "status":
				o.Config.Read = []string{"/proc"}
			case "profile":
				o.Config.Read = []string{"/proc/self/maps", os.Args[0]}
			case "limits":
				o.Config.OpenFiles = 100
			}
			if r := o.run(t); r.Err != "" {
				t.Errorf("in a sandbox of %v: %s", r.Held, r.Err)
			}
		})
	}
}

// workOpenFile writes to a file that was open before.
func workOpenFile(o order) func() error {
	f, err := os.OpenFile(filepath.Join(o.Target.Dir, "victim"), os.O_RDWR, 0)
	return func() error {
		if err != nil {
			return err
		}
		_, write := f.WriteAt([]byte("x"), 1<<20)
		return errors.Join(write, f.Truncate(1<<10), f.Sync(), unix.Fallocate(int(f.Fd()), 0, 0, 4096), f.Close())
	}
}

// reads is how often workReads reads.
const reads = 200_000

// workReads reads a sector of a file again and again.
func workReads(o order) func() error {
	f, err := os.Open(filepath.Join(o.Target.Dir, "victim"))
	return func() error {
		b := make([]byte, 512)
		for range reads {
			if _, failed := unix.Pread(int(f.Fd()), b, 0); failed != nil {
				return failed
			}
		}
		return errors.Join(err, f.Close())
	}
}

// workShare makes, moves and removes a file of a shared directory.
func workShare(o order) func() error {
	from, to := filepath.Join(o.Target.Dir, "a", "f"), filepath.Join(o.Target.Dir, "b", "f")
	return func() error {
		return errors.Join(os.WriteFile(from, nil, 0o600), os.Rename(from, to), os.Link(to, from), os.Chmod(to, 0o640), truncate(to),
			os.Remove(to), os.Remove(filepath.Dir(to)))
	}
}

func truncate(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(5), f.Close())
}

func workUnix(o order) func() error { return func() error { return connect("unix", o.Target.Unix) } }

// workInternet connects. A host without IPv6 says so with an error number.
func workInternet(o order) func() error {
	return func() error {
		err := errors.Join(connect("tcp", o.Target.TCP), connect("udp", o.Target.TCP))
		if six := connect("udp", "[::1]:9"); !errors.Is(six, syscall.EADDRNOTAVAIL) && !errors.Is(six, syscall.EAFNOSUPPORT) {
			err = errors.Join(err, six)
		}
		return err
	}
}

func connect(network, address string) error {
	c, err := net.Dial(network, address)
	if err == nil {
		c.Close()
	}
	return err
}

// workThreads starts threads, and collects garbage while they compute.
func workThreads(order) func() error {
	return func() error {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				runtime.LockOSThread()
				for range 3 {
					runtime.GC()
				}
			})
		}
		wg.Wait()
		return nil
	}
}

// workSignals sends the process signals of its own.
func workSignals(order) func() error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGCONT)
	return func() error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGCONT); err != nil {
			return err
		}
		<-signals
		return nil
	}
}

// workCode maps memory twice, for writing and for execution, as the translator does.
func workCode(order) func() error {
	return func() error {
		fd, err := unix.MemfdCreate("code", unix.MFD_CLOEXEC)
		if err != nil {
			return err
		}
		size := os.Getpagesize()
		_, write := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		_, execute := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_SHARED)
		return errors.Join(unix.Ftruncate(fd, int64(size)), write, execute)
	}
}

// workProfile takes a profile that ends in the sandbox. It needs the process's map to name its code.
func workProfile(order) func() error {
	var profile bytes.Buffer
	err := pprof.StartCPUProfile(&profile)
	return func() error {
		pprof.StopCPUProfile()
		if _, read := os.ReadFile("/proc/self/maps"); err == nil {
			err = read
		}
		if profile.Len() == 0 {
			err = errors.Join(err, errors.New("the profile is empty"))
		}
		return err
	}
}

// workStatus reads what the kernel says of a thread that is older than the sandbox, and of a new one.
func workStatus(o order) func() error {
	entered, result := make(chan bool), make(chan error)
	read := func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		<-entered
		text, err := os.ReadFile("/proc/thread-self/status")
		result <- errors.Join(err, checkStatus(text, capabilities(o.Config)))
	}
	go read()
	return func() error {
		go read()
		close(entered)
		return errors.Join(<-result, <-result)
	}
}

// checkStatus looks into a file of proc_pid_status(5) for what holds for a thread.
func checkStatus(text []byte, keep uint64) (err error) {
	status := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		name, value, _ := strings.Cut(line, ":")
		status[name] = strings.TrimSpace(value)
	}
	for name, want := range map[string]string{"NoNewPrivs": "1", "Seccomp": "2"} {
		if status[name] != want {
			err = errors.Join(err, fmt.Errorf("%s is %q, want %s", name, status[name], want))
		}
	}
	for _, name := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
		has, parse := strconv.ParseUint(status[name], 16, 64)
		if parse != nil || has&^keep != 0 {
			err = errors.Join(err, fmt.Errorf("%s is %q, want at most %#x", name, status[name], keep))
		}
	}
	return err
}

// workLimits opens descriptors until it gets no more.
func workLimits(order) func() error {
	return func() error {
		for n := range 200 {
			if _, err := unix.Dup(0); errors.Is(err, unix.EMFILE) && n < 100 {
				var core unix.Rlimit
				if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil || core != (unix.Rlimit{}) {
					return fmt.Errorf("a core file of %+v, %v", core, err)
				}
				return nil
			}
		}
		return errors.New("there is no limit")
	}
}
