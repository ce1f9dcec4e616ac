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
		o := options{memory: 512 << 20, cpus: 1, accel: "auto", engine: "auto", code: 32 << 20, gic: 3, irqchip: "go", sandbox: defaultSandbox()}
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
		{"-sandbox off", with(func(o *options) { o.sandbox = "off" })},
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
		{"-m 512", `-m 512: give a number and a unit, K, M or G, as in 512M`},
		{"-engine jit", `-engine jit: give auto or interpreter or translator`},
		{"-accel kvm", `-accel kvm: give auto or hvf or soft`},
		{"-gic 4", `-gic 4: give 2 to 3`},
		{"-gic 33", `-gic 33: give 2 to 3`},
		{"-irqchip apic", `-irqchip apic: give go or framework`},
		{"-irqchip framework -gic 2", `-irqchip framework -gic 2: the framework's interrupt controller is a GICv3, leave one of them out`},
		{"-irqchip framework -accel soft", `-irqchip framework -accel soft: only Hypervisor.framework has that interrupt controller, leave one of them out`},
		{"-m 1M", `-m 1M: give 16M to 1023G`},
		{"-m 1024G", `-m 1024G: give 16M to 1023G`},
		{"-m 17M", `-m 17M: give 16M or 18M`},
		{"-m 1025M", `-m 1025M: give 1G or 1026M`},
		{"-code-memory 511K", `-code-memory 511K: give 512K to 1G`},
		{"-smp 0", `-smp 0: give 1 to 64`},
		{"-smp 1000", `-smp 1000: give 1 to 64`},
		{"-smp x", `-smp x: give 1 to 64`},
		{"-smp 9 -gic 2", `-smp 9 -gic 2: give -smp 1 to 8, or -gic 3`},
		{"-stats=maybe", `-stats maybe: give it alone, or =true or =false`},
		{"-serial pty", `-serial pty: give stdio, file:PATH or none`},
		{"-serial file:", `-serial file:: give stdio, file:PATH or none`},
		{"-console file:", `-console file:: give stdio, file:PATH or unix:PATH`},
		{"-console pty", `-console pty: give stdio, file:PATH or unix:PATH`},
		{"-console stdio -serial stdio", `-console stdio -serial stdio: give one of them another place`},
		{"-timeout 5", `-timeout 5: give a number and a unit, such as 90s or 5m`},
		{"-timeout -5s", `-timeout -5s: give a number and a unit, such as 90s or 5m`},
		{"-vsock a,cid=1", `-vsock a,cid=1: cid "1": give 3 to 4294967294`},
		{"-net user,mtu=-1", `-net user,mtu=-1: mtu "-1": give 576 to 65520 bytes`},
		{"-net unix=a,mtu=67", `-net unix=a,mtu=67: mtu "67": give 68 to 65535 bytes`},
		{"-net none -net user", `-net user: -net none stands before it: leave one of them out`},
		{"-disk a,serial=xxxxxxxxxxxxxxxxxxxxx", `-disk a,serial=xxxxxxxxxxxxxxxxxxxxx: serial "xxxxxxxxxxxxxxxxxxxxx" has 21 bytes: give 1 to 20`},
		{"-disk a -disk a", `-disk a: it is given twice: give another file, or both with ,ro or ,snapshot`},
		{"-disk a,ro -disk a", `-disk a: it is given twice: give another file, or both with ,ro or ,snapshot`},
		{"-vsock a -vsock b", `-vsock b: give -vsock once: one device has all ports`},
		{`-kernel ""`, `-kernel "": give a FILE`},
		{`-initrd ""`, `-initrd "": give a FILE`},
		{`-dtb ""`, `-dtb "": give a FILE`},
		{`-dumpdtb ""`, `-dumpdtb "": give a FILE`},
		{`-cpuprofile ""`, `-cpuprofile "": give a FILE`},
		{`-disk ""`, `-disk "": give FILE, then any of ,ro ,snapshot ,format=raw ,format=qcow2 ,backing=FILE ,serial=TEXT`},
		{`-share ""`, `-share "": give TAG=DIR or TAG=DIR,ro; the guest mounts it with mount -t virtiofs TAG /mnt`},
		{`-net ""`, `-net "": ` + netWords},
		{`-vsock ""`, `-vsock "": give PATH or PATH,cid=N`},
		{`-serial ""`, `-serial "": give stdio, file:PATH or none`},
		{`-console ""`, `-console "": give stdio, file:PATH or unix:PATH`},
		{`-m ""`, `-m "": give a number and a unit, K, M or G, as in 512M`},
		{`-smp ""`, `-smp "": give 1 to 64`},
		{`-timeout ""`, `-timeout "": give a number and a unit, such as 90s or 5m`},
		{`-sandbox maybe`, `-sandbox maybe: give on or off`},
		{`-append a\nb`, `-append "a\nb": give one line`},
		{"-cdrom x", `flag provided but not defined: -cdrom`},
		{"Image", `unexpected argument "Image": files are given with flags, as in -kernel Image`},
	} {
		var stdout, stderr bytes.Buffer
		args := strings.Fields(strings.ReplaceAll(test.args, `""`, "@"))
		for i, arg := range args {
			args[i] = strings.NewReplacer("@", "", `\n`, "\n").Replace(arg)
		}
		status := run(args, nil, &stdout, &stderr)
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
	for _, test := range []struct{ args, begins string }{
		{"-version", "miniboot "},
		{"version", "miniboot "},
		{"-help", "usage: miniboot"},
		{"help", "usage: miniboot"},
		{"help sign", "usage: miniboot"},
	} {
		var stdout bytes.Buffer
		if status := run(strings.Fields(test.args), nil, &stdout, io.Discard); status != 0 || !strings.HasPrefix(stdout.String(), test.begins) {
			t.Errorf("miniboot %s: status %d, %q", test.args, status, &stdout)
		}
	}
	for _, text := range []string{"(default 512M)", "(default 32M)", "(default 1)", "(default 3)", "(default auto)"} {
		if !strings.Contains(help.String(), text) {
			t.Errorf("the help has no %s:\n%s", text, &help)
		}
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
