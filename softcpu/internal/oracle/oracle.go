package oracle

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"
)

// Options says which CPU to run.
type Options struct {
	// CPU is QEMU's name of the model. "cortex-a57", the default, is ARMv8.0-A with
	// CRC32 and the crypto instructions. "neoverse-n1" adds LSE, among others. On
	// linux/arm64 the host is the CPU, and this name is ignored.
	CPU string
}

// ErrNotFound says that this machine has no CPU to compare with.
var ErrNotFound = errors.New("oracle: qemu-aarch64 is not installed: install qemu-user or qemu-user-static")

// Find returns the path of the emulator, or ErrNotFound if there is none. On linux/arm64,
// which needs no emulator, it returns an empty path.
func Find() (path string, err error) {
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("oracle: %s has no user-mode emulation: use Linux", runtime.GOOS)
	}
	if runtime.GOARCH == "arm64" {
		return "", nil
	}
	for _, name := range []string{"qemu-aarch64", "qemu-aarch64-static"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNotFound
}

// Oracle is a running monitor. One goroutine owns it.
type Oracle struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	file string // the monitor's executable
}

// Start starts a monitor. The caller calls Close.
func Start(opt Options) (*Oracle, error) {
	qemu, err := Find()
	if err != nil {
		return nil, err
	}
	file, err := writeImage()
	if err != nil {
		return nil, err
	}
	o := &Oracle{cmd: command(qemu, file, opt), file: file}
	if err := o.start(); err != nil {
		os.Remove(file)
		return nil, fmt.Errorf("oracle: start %s: %w", o.cmd.Path, err)
	}
	return o, nil
}

func (o *Oracle) start() (err error) {
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	o.out = bufio.NewReaderSize(out, 1<<18)
	o.cmd.Stderr = os.Stderr
	return o.cmd.Start()
}

func command(qemu, file string, opt Options) *exec.Cmd {
	if qemu == "" {
		return exec.Command(file)
	}
	if opt.CPU == "" {
		opt.CPU = "cortex-a57"
	}
	return exec.Command(qemu, "-cpu", opt.CPU, "-R", fmt.Sprintf("%#x", uint64(addressSpace)), file)
}

// writeImage writes the monitor's executable into a temporary file.
func writeImage() (string, error) {
	f, err := os.CreateTemp("", "oracle-monitor-")
	if err != nil {
		return "", fmt.Errorf("oracle: %w", err)
	}
	_, err = f.Write(image())
	err = errors.Join(err, f.Chmod(0o700), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("oracle: write the monitor: %w", err)
	}
	return f.Name(), nil
}

// patience is how long 1,024 cases may take before the monitor is killed. A case that loops
// would occupy it for ever.
const patience = time.Minute

// Run runs the cases and returns a result for each, in order. After an error the oracle
// cannot be used any more.
func (o *Oracle) Run(cases []Case) ([]Result, error) {
	for i := range cases {
		if err := cases[i].check(); err != nil {
			return nil, err
		}
	}
	batches := split(cases)
	sent := make(chan error, 1)
	go func() { sent <- o.send(batches) }() // ends after the last write, or with the monitor
	results := make([]Result, 0, len(cases))
	rec := make([]byte, recSize)
	watchdog := time.AfterFunc(patience, func() { o.cmd.Process.Kill() })
	defer watchdog.Stop()
	for range cases {
		if _, err := io.ReadFull(o.out, rec); err != nil {
			if !watchdog.Stop() {
				err = fmt.Errorf("no result for %v, a case may loop: %w", patience, err)
			}
			return nil, o.died(cases, len(results), err)
		}
		results = append(results, getResult(rec))
		if len(results)%1024 == 0 {
			watchdog.Reset(patience)
		}
	}
	return results, <-sent
}

// died returns an error that explains why result n is missing.
func (o *Oracle) died(cases []Case, n int, err error) error {
	o.cmd.Process.Kill() // so that the sender ends too
	return fmt.Errorf("oracle: %s ended in the batch of case %d, words %08x: %w", o.cmd.Path, n, cases[n].Words, err)
}

func (o *Oracle) send(batches [][]Case) error {
	buf := make([]byte, batchSize)
	for _, b := range batches {
		binary.LittleEndian.PutUint64(buf, uint64(len(b)))
		for i := range b {
			putCase(buf[batchHeader+i*recSize:][:recSize], &b[i])
		}
		if _, err := o.in.Write(buf[:batchHeader+len(b)*recSize]); err != nil {
			return fmt.Errorf("oracle: write to the monitor: %w", err)
		}
	}
	return nil
}

// split cuts cases into batches. Within a batch, slots are in rising order, and each has only
// one sequence of words.
func split(cases []Case) [][]Case {
	var batches [][]Case
	for len(cases) > 0 {
		n := 1
		for n < min(len(cases), Slots) && mayFollow(&cases[n], &cases[n-1]) {
			n++
		}
		batches = append(batches, cases[:n])
		cases = cases[n:]
	}
	return batches
}

func mayFollow(c, before *Case) bool {
	return c.In.PC > before.In.PC || c.In.PC == before.In.PC && slices.Equal(c.Words, before.Words)
}

// Close ends the monitor and removes what Start wrote.
func (o *Oracle) Close() error {
	err := o.in.Close()
	err = errors.Join(err, o.cmd.Wait(), os.Remove(o.file))
	if err != nil {
		return fmt.Errorf("oracle: close: %w", err)
	}
	return nil
}
