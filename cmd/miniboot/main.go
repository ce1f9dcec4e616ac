package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

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
		fmt.Fprintf(stderr, "miniboot: %v\n", adviseLimit(err))
	}
	return status
}

// boots makes the machine that o describes and runs it.
func boots(o options, stdin *os.File, stdout, stderr io.Writer) (status int, err error) {
	o.begun = time.Now()
	terminal := &tty{in: stdin}
	defer terminal.restore()
	out := messages{stderr, terminal}
	log := newLogger(o, out)

	hypervisor, err := newHypervisor(o, log) // first of all: it may replace the program
	if err != nil {
		return exitHostError, advise(err)
	}
	if host, ok := hostMemory(); ok {
		if line := memoryDoubt(o.memory, host); line != "" {
			log.Warn(line)
		}
	}
	ctx, prepared := preparing(o)
	defer prepared()
	files, err := findFiles(ctx, o, stderr)
	if err != nil {
		return failed(ctx, o, err)
	}
	console, err := within(ctx, func() (io.WriteCloser, error) { return openConsole(o.serial, stdout, log) })
	if err != nil {
		return failed(ctx, o, err)
	}
	defer func() { err = errors.Join(err, console.Close()) }()
	noted := &notedWriter{w: console}
	devices, err := within(ctx, func() (*devices, error) { return openDevices(o, stdout, log) })
	if err != nil {
		return failed(ctx, o, err)
	}
	defer func() { err = errors.Join(err, devices.Close()) }()
	defer devices.watch()() // stops after the machine is closed, so that the guest's last output is moved
	m, err := within(ctx, func() (virtualMachine, error) {
		return newMachine(o, parts{hypervisor, files, devices.virtio, noted, log})
	})
	if err != nil {
		return failed(ctx, o, advise(err))
	}
	defer m.Close()
	if o.dumpDTB != "" {
		return failed(ctx, o, dumpDTB(ctx, m, o.dumpDTB))
	}
	stopProfile, err := within(ctx, func() (func() error, error) { return startCPUProfile(o.cpuProfile) })
	if err != nil {
		return failed(ctx, o, err)
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	s := &session{machine: m, options: o, console: noted, messages: out}
	s.confine = func() error { return enterSandbox(o, files, log) }
	return s.atTerminal(stdin, terminal, devices.console, func() (int, error) {
		defer prepared()
		return failed(ctx, o, context.Cause(ctx)) // a signal that came after the last wait
	})
}

// atTerminal connects the session to the terminal and runs it. It calls prepared when it takes the signals itself.
// If that returns an error, a signal has come before.
func (s *session) atTerminal(stdin *os.File, terminal *tty, port *consolePort, prepared func() (int, error)) (status int, err error) {
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
	signal.Ignore(syscall.SIGPIPE) // if standard output's reader goes away, Write returns an error and the process goes on
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := s.confine(); err != nil {
		return exitHostError, err
	}
	if status, err := prepared(); err != nil {
		return status, err
	}
	return s.run(context.Background(), signals), nil
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
func openConsole(s serialOption, stdout io.Writer, log *slog.Logger) (io.WriteCloser, error) {
	switch s.kind {
	case serialFile:
		return openOutput("-serial "+s.String(), s.path, log)
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
