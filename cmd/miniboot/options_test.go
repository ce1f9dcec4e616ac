package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/vsock"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

func TestParseOptions(t *testing.T) {
	with := func(change func(o *options)) options {
		o := options{memory: 512 << 20, cpus: 1, accel: "auto", engine: "auto", code: 32 << 20, gic: 3, irqchip: "go"}
		change(&o)
		return o
	}
	for _, test := range []struct {
		args string
		want options
	}{
		{"", with(func(o *options) {})},
		{"-kernel Image -initrd a -initrd b", with(func(o *options) { o.kernel, o.initrds = "Image", []string{"a", "b"} })},
		{"-append quiet -m 3G -smp 4", with(func(o *options) { o.append, o.memory, o.cpus = "quiet", 3<<30, 4 })},
		{"-accel soft -gic 2", with(func(o *options) { o.accel, o.gic = "soft", 2 })},
		{"-engine interpreter", with(func(o *options) { o.engine = "interpreter" })},
		{"-cpuprofile cpu.out", with(func(o *options) { o.cpuProfile = "cpu.out" })},
		{"-code-memory 768K", with(func(o *options) { o.code = 768 << 10 })},
		{"-irqchip framework -accel hvf", with(func(o *options) { o.irqchip, o.accel = "framework", "hvf" })},
		{"-dtb in -dumpdtb out", with(func(o *options) { o.dtb, o.dumpDTB = "in", "out" })},
		{"-serial stdio", with(func(o *options) {})},
		{"-serial file:a:b", with(func(o *options) { o.serial = serialOption{serialFile, "a:b"} })},
		{"-serial none", with(func(o *options) { o.serial.kind = serialNone })},
		{"-no-reboot -timeout 90s", with(func(o *options) { o.noReboot, o.timeout = true, 90*time.Second })},
		{"-disk a -disk b,ro", with(func(o *options) { o.disks = []diskOption{{path: "a"}, {path: "b", readOnly: true}} })},
		{"-vsock v.sock,cid=7", with(func(o *options) { o.vsock = &vsock.Config{Path: "v.sock", CID: 7} })},
		{"-console stdio", with(func(o *options) { o.console.kind, o.serial.kind = consoleStdio, serialNone })},
		{"-console stdio -serial file:a", with(func(o *options) { o.console.kind, o.serial = consoleStdio, serialOption{serialFile, "a"} })},
		{"-console file:a:b", with(func(o *options) { o.console = consoleOption{consoleFile, "a:b"} })},
		{"-console unix:/a", with(func(o *options) { o.console = consoleOption{consoleUnix, "/a"} })},
		{"-stats -v -version", with(func(o *options) { o.stats, o.verbose, o.version = true, true, true })},
	} {
		got, err := parseOptions(strings.Fields(test.args), io.Discard)
		if err != nil {
			t.Errorf("parseOptions(%s): %v", test.args, err)
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(options{}, serialOption{}, diskOption{}, consoleOption{})); diff != "" {
			t.Errorf("parseOptions(%s) (-want +got):\n%s", test.args, diff)
		}
	}
}

func TestUsageErrorsAreOneLine(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-m 512", `invalid value "512" for flag -m: size "512": give a number and a unit, K, M or G, as in 512M`},
		{"-engine jit", `invalid value "jit" for flag -engine: give auto or interpreter or translator`},
		{"-accel kvm", `invalid value "kvm" for flag -accel: give auto or hvf or soft`},
		{"-gic 4", `invalid value "4" for flag -gic: give 2 or 3`},
		{"-gic 33", `invalid value "33" for flag -gic: give 2 or 3`},
		{"-irqchip apic", `invalid value "apic" for flag -irqchip: give go or framework`},
		{"-irqchip framework -gic 2", `-irqchip framework -gic 2: the framework's interrupt controller is a GICv3, leave one of them out`},
		{"-irqchip framework -accel soft", `-irqchip framework -accel soft: only Hypervisor.framework has that interrupt controller, leave one of them out`},
		{"-smp 0", `-smp 0: give at least 1`},
		{"-smp x", `invalid value "x" for flag -smp: parse error`},
		{"-serial pty", `invalid value "pty" for flag -serial: give stdio, file:PATH or none`},
		{"-serial file:", `invalid value "file:" for flag -serial: give stdio, file:PATH or none`},
		{"-console file:", `invalid value "file:" for flag -console: give stdio, file:PATH or unix:PATH`},
		{"-console pty", `invalid value "pty" for flag -console: give stdio, file:PATH or unix:PATH`},
		{"-console stdio -serial stdio", `-console stdio -serial stdio: give one of them another place`},
		{"-timeout 5", `invalid value "5" for flag -timeout: parse error`},
		{"-timeout -5s", `-timeout -5s: give a positive duration, such as 90s`},
		{"-vsock a -vsock b", `invalid value "b" for flag -vsock: give -vsock once: one device has all ports`},
		{"-cdrom x", `flag provided but not defined: -cdrom`},
		{"Image", `unexpected argument "Image": files are given with flags, as in -kernel Image`},
	} {
		var stdout, stderr bytes.Buffer
		status := run(strings.Fields(test.args), nil, &stdout, &stderr)
		want := "miniboot: " + test.want + "; miniboot -h lists the flags\n"
		if status != exitUsage || stderr.String() != want || stdout.Len() > 0 {
			t.Errorf("miniboot %s: status %d, want %d, stdout %q, stderr\n%swant\n%s", test.args, status, exitUsage, &stdout, &stderr, want)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	var help bytes.Buffer
	if _, err := parseOptions([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("parseOptions(-h): error %v, want %v", err, flag.ErrHelp)
	}
	for _, name := range strings.Fields("kernel initrd append m smp accel gic dtb dumpdtb serial no-reboot timeout code-memory stats cpuprofile v version") {
		if !strings.Contains(help.String(), "\n  -"+name) {
			t.Errorf("the help does not show -%s:\n%s", name, &help)
		}
	}
	var stdout bytes.Buffer
	if status := run([]string{"-version"}, nil, &stdout, io.Discard); status != 0 || !strings.HasPrefix(stdout.String(), "miniboot ") {
		t.Errorf("miniboot -version: status %d, %q", status, &stdout)
	}
}

func TestParseSize(t *testing.T) {
	for _, test := range []struct {
		in   string
		want uint64
		err  string
	}{
		{in: "1K", want: 1 << 10},
		{in: "512M", want: 512 << 20},
		{in: "3g", want: 3 << 30},
		{in: "0M", want: 0},
		{in: "17179869183G", want: 17179869183 << 30},
		{in: "17179869184G", err: "more than 64 bits"},
		{in: "512", err: "a number and a unit"},
		{in: "", err: "a number and a unit"},
		{in: "M", err: "a whole number"},
		{in: "1.5G", err: "a whole number"},
		{in: "-1G", err: "a whole number"},
		{in: "512MB", err: "a number and a unit"},
	} {
		got, err := parseSize(test.in)
		if test.err == "" && (err != nil || got != test.want) {
			t.Errorf("parseSize(%q) = 0x%x, %v, want 0x%x", test.in, got, err, test.want)
		}
		if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("parseSize(%q) = 0x%x, error %v, want one with %q", test.in, got, err, test.err)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		o    options
		want string
	}{
		{options{}, guest.CommandLine + " panic=-1"},
		{options{append: "quiet"}, guest.CommandLine + " panic=-1 quiet"},
		{options{kernel: "Image"}, "console=ttyAMA0 panic=-1"},
		{options{kernel: "Image", append: "quiet"}, "console=ttyAMA0 panic=-1 quiet"},
		{options{dtb: "x"}, ""},
		{options{dtb: "x", append: "quiet"}, "quiet"},
	} {
		if got := commandLine(test.o); got != test.want {
			t.Errorf("commandLine(append %q, dtb %q) = %q, want %q", test.o.append, test.o.dtb, got, test.want)
		}
	}
}
