package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main without the process: it returns the exit status.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	if len(args) > 0 && commands[args[0]] != nil {
		return runCommand(args, stdout, stderr)
	}
	if len(args) > 0 && (args[0] == "help" || args[0] == "version") {
		args = append([]string{"-" + args[0]}, args[1:]...)
	}
	o, err := parseOptions(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitPowerOff
	case err != nil:
		fmt.Fprintf(stderr, "miniboot: %v; miniboot -h lists the flags\n", err)
		return exitUsage
	case o.version:
		fmt.Fprintln(stdout, version())
		return exitPowerOff
	}
	status, err := boots(o, stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "miniboot: %v\n", err)
	}
	return status
}

// boots makes the machine that o describes and runs it.
func boots(o options, stdin *os.File, stdout, stderr io.Writer) (status int, err error) {
	o.begun = time.Now()
	terminal := &tty{in: stdin}
	defer terminal.restore()
	out := messages{stderr, terminal}

	ctx, prepared := preparing(o)
	defer prepared()
	files, err := findFiles(ctx, o, stderr)
	if err != nil {
		return failed(ctx, o, err)
	}
	console, err := openConsole(o.serial, stdout)
	if err != nil {
		return exitHostError, err
	}
	defer func() { err = errors.Join(err, console.Close()) }()
	noted := &notedWriter{w: console}
	log := newLogger(o, out)
	devices, err := openDevices(o, stdout, log)
	if err != nil {
		return exitHostError, err
	}
	defer func() { err = errors.Join(err, devices.Close()) }()
	defer devices.watch()() // stops after the machine is closed, so that the guest's last output is moved
	m, err := within(ctx, func() (virtualMachine, error) { return newMachine(o, files, devices.virtio, noted, log) })
	if err != nil {
		return failed(ctx, o, advise(err))
	}
	defer m.Close()
	if o.dumpDTB != "" {
		return dumpDTB(m, o.dumpDTB)
	}
	s := &session{machine: m, options: o, console: noted, messages: out}
	return s.atTerminal(stdin, terminal, devices.console, prepared)
}

// preparing returns a context that ends at the first signal, or when -timeout is over, until stop is called.
func preparing(o options) (ctx context.Context, stop func()) {
	timed, cancel := context.Background(), func() {}
	if o.timeout > 0 {
		timed, cancel = context.WithTimeoutCause(timed, o.timeout, errTimeout)
	}
	ctx, stopSignals := signal.NotifyContext(timed, os.Interrupt, syscall.SIGTERM)
	return ctx, func() {
		stopSignals()
		cancel()
	}
}

// within returns what f returns, or the cause of ctx's end if that comes first. f then goes on until the process ends: it
// may wait for a pipe.
func within[T any](ctx context.Context, f func() (T, error)) (result T, err error) {
	done := make(chan struct{})
	var late T
	var lateErr error
	go func() {
		defer close(done)
		late, lateErr = f()
	}()
	select {
	case <-done:
		return late, lateErr
	case <-ctx.Done():
		return result, context.Cause(ctx)
	}
}

// failed returns the exit status and the error of a preparation that has failed, or was ended.
func failed(ctx context.Context, o options, err error) (int, error) {
	switch {
	case context.Cause(ctx) == errTimeout:
		return exitTimeout, fmt.Errorf("after %v: %w, and the guest has not begun", o.timeout, errTimeout)
	case ctx.Err() != nil:
		return exitHostError, errors.New("ended by a signal, and the guest has not begun")
	}
	return exitHostError, err
}

// atTerminal connects the session to the terminal and runs it. It calls prepared when it takes the signals itself.
func (s *session) atTerminal(stdin *os.File, terminal *tty, port *consolePort, prepared func()) (status int, err error) {
	if s.options.console.kind == consoleStdio {
		s.machine = onConsole{s.machine, port.dev}
		defer terminal.watchSize(port.dev.SetSize)()
	}
	if s.options.serial.kind == serialStdio || s.options.console.kind == consoleStdio {
		s.input, s.terminal = stdin, terminal.isTerminal()
		if err := terminal.makeRaw(); err != nil {
			return exitHostError, fmt.Errorf("make the terminal raw: %w", err)
		}
		defer terminal.watchSignals()()
	}
	stopProfile, err := startCPUProfile(s.options.cpuProfile)
	if err != nil {
		return exitHostError, err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	signal.Ignore(syscall.SIGPIPE) // if standard output's reader goes away, Write returns an error and the process goes on
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	prepared()
	return s.run(context.Background(), signals), nil
}

// bootFiles are the files that the guest boots from.
type bootFiles struct {
	kernel  boot.File
	initrds []boot.File
	dtb     *boot.File
}

// findFiles turns paths into files and gets the parts of the default guest, with progress on stderr.
func findFiles(ctx context.Context, o options, stderr io.Writer) (f bootFiles, err error) {
	f.kernel = boot.File{Name: o.kernel}
	initrds := o.initrds
	if o.kernel == "" {
		if f.kernel, err = guest.Kernel(ctx, stderr); err != nil {
			return f, fmt.Errorf("%w; without Go or a network, name a kernel with -kernel and an initrd with -initrd", err)
		}
		if len(initrds) == 0 {
			initrds = []string{defaultInitrd}
		}
	}
	for _, path := range initrds {
		file := boot.File{Name: path}
		if path == defaultInitrd {
			if file, err = guest.Initramfs(ctx, stderr); err != nil {
				return f, err
			}
		}
		f.initrds = append(f.initrds, file)
	}
	if o.dtb != "" {
		f.dtb = &boot.File{Name: o.dtb}
	}
	return f, nil
}

// commandLine is the kernel's command line. A user's own blob (-dtb) has its own, which only -append replaces. panic=-1
// makes a panicking kernel ask for a reset instead of waiting for ever. The user's text comes last, so it wins.
func commandLine(o options) string {
	if o.dtb != "" {
		return o.append
	}
	line := "console=ttyAMA0"
	if o.kernel == "" {
		line = guest.CommandLine
	}
	line += " panic=-1"
	if o.console.kind == consoleStdio {
		line += " console=hvc0" // the last one is /dev/console
	}
	if o.append != "" {
		line += " " + o.append
	}
	return line
}

// openConsole opens the place for the guest's output. Standard output is never closed.
func openConsole(s serialOption, stdout io.Writer) (io.WriteCloser, error) {
	switch s.kind {
	case serialFile:
		f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			return nil, fileError("-serial "+s.String(), err)
		}
		return f, nil
	case serialNone:
		return keepOpen{io.Discard}, nil
	}
	return keepOpen{stdout}, nil
}

type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// version is what the go command knows about this program.
func version() string {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return fmt.Sprintf("miniboot %s %s/%s %s", v, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
