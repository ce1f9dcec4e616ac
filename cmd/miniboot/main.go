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

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main without the process: it returns the exit status.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	if len(args) > 0 && commands[args[0]] != nil {
		return runCommand(args, stdout, stderr)
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

// boots makes the machine that o describes and runs it. With an error the status is exitHostError.
func boots(o options, stdin *os.File, stdout, stderr io.Writer) (status int, err error) {
	terminal := &tty{in: stdin}
	defer terminal.restore()
	out := messages{stderr, terminal}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	files, err := findFiles(ctx, o, stderr)
	stop()
	if err != nil {
		return exitHostError, err
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
	m, err := newMachine(o, files, devices.virtio, noted, log)
	if err != nil {
		return exitHostError, advise(err)
	}
	defer m.Close()
	if o.dumpDTB != "" {
		return dumpDTB(m, o.dumpDTB)
	}

	s := &session{machine: m, options: o, console: noted, messages: out}
	if o.console.kind == consoleStdio {
		s.machine = onConsole{m, devices.console.dev}
		defer terminal.watchSize(devices.console.dev.SetSize)()
	}
	if o.serial.kind == serialStdio || o.console.kind == consoleStdio {
		s.input, s.terminal = stdin, terminal.isTerminal()
		if err := terminal.makeRaw(); err != nil {
			return exitHostError, fmt.Errorf("make the terminal raw: %w", err)
		}
	}
	stopProfile, err := startCPUProfile(o.cpuProfile)
	if err != nil {
		return exitHostError, err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	signal.Ignore(syscall.SIGPIPE) // if standard output's reader goes away, Write returns an error and the process goes on
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
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
		return os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
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
