package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// A process is the command as a process, in a directory of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	limits string // from its start on
	keys   io.Writer
	out    transcript // what the guest says
	asked  int        // for keys, by the guest
	errs   transcript
	peer   io.Closer // a program that the process is connected to, if there is one
	reader *os.File  // of standard output, if it is a pipe
}

// newProcess prepares a process that boots from the file Image in its directory.
func newProcess(t *testing.T, args string) *process {
	t.Helper()
	dir := virtiotest.ShortDir(t)
	if err := os.Chmod(dir, 0o755); err != nil { // for nobody: see limit
		t.Fatal(err)
	}
	args = "-accel soft -timeout 60s -kernel Image " + args
	if !strings.Contains(args, " -m ") {
		args += " -m 16M"
	}
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], strings.Fields(args)...)}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	return p
}

func (p *process) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) path(name string) string { return filepath.Join(p.cmd.Dir, name) }

// write writes a file of the process's directory.
func (p *process) write(name string, b []byte) { p.must(os.WriteFile(p.path(name), b, 0o644)) }

// closing makes the process start with a closed descriptor, which a shell calls ">&-".
func (p *process) closing(redirection string) {
	p.cmd.Args = append([]string{"sh", "-c", `exec "$@" ` + redirection, "sh"}, p.cmd.Args...)
	p.cmd.Path = "/bin/sh"
}

func (p *process) start() {
	p.t.Helper()
	var err error
	p.keys, err = p.cmd.StdinPipe()
	p.must(err)
	p.cmd.Env = append(os.Environ(), asCommand+"="+p.limits)
	p.must(p.cmd.Start())
	if f, ok := p.cmd.Stdout.(*os.File); ok {
		f.Close() // the process has it
	}
}

// ends waits for the end of the process and returns its exit status.
func (p *process) ends() int {
	err := p.cmd.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		p.t.Errorf("wait: %v", err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// key waits until the guest wants the next key.
func (p *process) key() {
	p.t.Helper()
	p.asked++
	p.out.waitSeveral(p.t, "key ", p.asked)
}

// press types a key.
func (p *process) press() { fmt.Fprint(p.keys, "k") }

func (p *process) signal(s os.Signal) { p.must(p.cmd.Process.Signal(s)) }

// limit changes a limit of the running process, and returns the old one.
func (p *process) limit(which int, n uint64) (old uint64) {
	p.t.Helper()
	var was unix.Rlimit
	p.must(unix.Prlimit(p.cmd.Process.Pid, which, nil, &was))
	p.must(unix.Prlimit(p.cmd.Process.Pid, which, &unix.Rlimit{Cur: n, Max: was.Max}, nil))
	return was.Cur
}

// small mounts a file system of 1 MiB on a new directory, and returns a function that fills it.
func (p *process) small(dir string) (fill func()) {
	p.must(os.Mkdir(p.path(dir), 0o755))
	if err := unix.Mount("tmpfs", p.path(dir), "tmpfs", 0, "size=1m"); err != nil {
		p.t.Skipf("skipped: mount of a tmpfs: %v", err)
	}
	p.t.Cleanup(func() { unix.Unmount(p.path(dir), unix.MNT_DETACH) })
	return func() {
		if err := os.WriteFile(p.path(dir+"/hog"), make([]byte, 2<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
			p.t.Errorf("2 MiB go into 1 MiB: %v", err)
		}
	}
}

// pipe makes a pipe of one page the process's standard output, and returns the end to read from.
func (p *process) pipe() *os.File {
	p.t.Helper()
	r, w, err := os.Pipe()
	p.must(err)
	_, err = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096)
	p.must(err)
	p.cmd.Stdout = w
	p.t.Cleanup(func() { r.Close(); w.Close() })
	return r
}

// awaitFull waits until a pipe has something and gets no more.
func (p *process) awaitFull(r *os.File) {
	p.t.Helper()
	for same, last := 0, 0; same < 10; time.Sleep(10 * time.Millisecond) {
		n, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
		p.must(err)
		if same++; n == 0 || n != last {
			same, last = 0, n
		}
	}
}
