package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/accel"
)

// options is the command line.
type options struct {
	kernel  string   // path; "" is the default kernel
	initrds []string // paths; defaultInitrd is the default one
	append  string   // added to the kernel command line

	memory uint64 // bytes
	cpus   int
	accel  string // "auto", "hvf" or "soft"
	engine string // of the software CPU: "auto", "interpreter" or "translator"
	code   uint64 // bytes of memory for the software CPU's code, for each CPU
	gic    int    // 2 or 3

	irqchip string // "go" or "framework"

	dtb     string // path of a devicetree blob to use
	dumpDTB string // path to write the machine's blob to, in place of starting it

	disks  []diskOption
	nets   []netOption
	noNet  bool // -net none
	shares []shareOption
	vsock  *vsock.Config // nil: none

	serial   serialOption
	console  consoleOption
	noReboot bool
	sandbox  string        // "on" or "off"
	timeout  time.Duration // 0: none
	begun    time.Time     // when timeout began

	stats      bool
	cpuProfile string // path; "": none

	verbose bool
	version bool
}

// defaultInitrd names the default guest's initramfs as an -initrd. A file of that name is ./default.
const defaultInitrd = "default"

const usage = `usage: miniboot [flags]
       miniboot sign [-o OUT] [BINARY]
       miniboot doctor
       miniboot help
       miniboot version

Boots an arm64 Linux guest; without -kernel, a default one with a shell. "sign" gives a program built for darwin/arm64
the entitlement to use Hypervisor.framework. "doctor" shows what this host offers.

`

// serialOption says where the guest's console goes.
type serialOption struct {
	kind serialKind
	path string // of serialFile
}

type serialKind int

const (
	serialStdio serialKind = iota
	serialFile
	serialNone
)

func (s serialOption) String() string {
	switch s.kind {
	case serialFile:
		return "file:" + s.path
	case serialNone:
		return "none"
	}
	return "stdio"
}

func (s *serialOption) Set(value string) error {
	path, isFile := strings.CutPrefix(value, "file:")
	switch {
	case value == "stdio":
		*s = serialOption{}
	case value == "none":
		*s = serialOption{kind: serialNone}
	case isFile && path != "":
		*s = serialOption{serialFile, path}
	default:
		return errors.New("give stdio, file:PATH or none")
	}
	return nil
}

// defaults are the options of a command line without flags.
func defaults() options {
	return options{memory: 512 << 20, cpus: 1, accel: "auto", engine: "auto", code: softcpu.DefaultCodeMemory, gic: 3, irqchip: "go", sandbox: defaultSandbox()}
}

// defaultSandbox is "off" on a Mac: no guest has run yet in the sandbox that there is for it.
func defaultSandbox() string {
	if runtime.GOOS == "darwin" {
		return "off"
	}
	return "on"
}

// maxMemory is what boot.RAM accepts at most: the low bank, and the high one up to 40 bits of address.
const maxMemory = boot.LowSize + 1<<40 - boot.HighBase

// newFlags are the flags, which set o.
func newFlags(o *options) *flag.FlagSet {
	set := flag.NewFlagSet("miniboot", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.Var((*path)(&o.kernel), "kernel", "boot the kernel in `FILE`: Image, vmlinux or EFI zboot, also compressed;\nwithout it, the default guest's kernel")
	set.Func("initrd", "give the kernel the initramfs in `FILE`; several are joined in order;\n\"default\" is the default guest's", func(path string) error {
		o.initrds = append(o.initrds, path)
		return needFile(path)
	})
	set.Func("append", "add `TEXT` to the kernel command line; several are joined by spaces", func(text string) error {
		o.append = strings.TrimPrefix(o.append+" "+text, " ")
		return nil
	})
	set.Var(size{&o.memory, vmm.MinMemory, maxMemory, 2 << 20}, "m", "memory of the guest, a `SIZE` such as 512M or 3G")
	set.Var(number{&o.cpus, 1, vmm.MaxVCPUs}, "smp", "`NUMBER` of CPUs")
	set.Var(choice{&o.accel, accel.Names()}, "accel", "what runs the guest's instructions: hvf is Apple's Hypervisor.framework,\nsoft the CPU in software, auto hvf where it can make a virtual machine, else soft (`NAME`)")
	set.Var(choice{&o.engine, softcpu.EngineNames()}, "engine", "how the CPU in software works: the translator makes machine code of the guest's instructions,\nthe interpreter executes them one by one, auto is the translator if the host allows it (`NAME`)")
	set.Var(size{&o.code, softcpu.MinCodeMemory, softcpu.MaxCodeMemory, 1}, "code-memory", "memory that each CPU in software has for translated or decoded instructions, a `SIZE` from 512K to 1G")
	set.Var(number{&o.gic, 2, 3}, "gic", "`VERSION` of the interrupt controller, 2 or 3")
	set.Var(choice{&o.irqchip, []string{"go", "framework"}}, "irqchip", "`WHOSE` interrupt controller: go is miniboot's own, framework is the GICv3 of\nHypervisor.framework, on macOS 15 and later")
	set.Var((*path)(&o.dtb), "dtb", "use the devicetree blob in `FILE` in place of the machine's own")
	set.Var((*path)(&o.dumpDTB), "dumpdtb", "write the devicetree blob to `FILE` and exit")
	set.Func("disk", "give the guest the image or block device in `FILE[,ro][,snapshot][,format=F][,backing=B][,serial=S]`; the\nfirst one is /dev/vda; snapshot throws changes away; F is raw or qcow2; B is the image's backing file, if it has one", func(value string) error {
		d, err := parseDisk(value)
		o.disks = append(o.disks, d)
		return err
	})
	set.Func("share", "share the directory in `TAG=DIR[,ro]` with the guest, which mounts it with\n\"mount -t virtiofs TAG /mnt\"; ro: the guest cannot change anything in it", func(value string) error {
		share, err := parseShare(value)
		o.shares = append(o.shares, share)
		return err
	})
	set.Func("net", "give the guest a `NETWORK`: user[,hostfwd=tcp:127.0.0.1:2222-:22]...[,host=off][,lan=off]\n[,metadata=on], unix=PATH[,framing=qemu|vfkit], tap=NAME or none; each also takes ,mac=MAC ,mtu=N\n,pcap=FILE", o.addNet)
	set.Func("vsock", "connect the guest's AF_VSOCK to Unix sockets at `PATH[,cid=N]`: a program that connects to PATH and\nsends \"CONNECT PORT\" reaches the guest, and the guest reaches PATH_PORT", func(value string) error {
		if o.vsock != nil {
			return errors.New("give -vsock once: one device has all ports")
		}
		c, err := parseVsock(value)
		o.vsock = &c
		return err
	})
	set.Var(&o.serial, "serial", "`WHERE` the guest's serial console is: stdio, file:PATH or none")
	set.Var(&o.console, "console", "give the guest a virtio console, hvc0; `WHERE` is stdio, file:PATH or unix:PATH;\nwith stdio it is also the kernel's console, and -serial is none unless given")
	set.BoolVar(&o.noReboot, "no-reboot", false, "end with status 3 when the guest asks for a reset")
	set.Var((*duration)(&o.timeout), "timeout", "end with status 124 after a `DURATION` such as 90s or 5m, which begins with the command")
	set.Var(choice{&o.sandbox, []string{"on", "off"}}, "sandbox", "take away from miniboot what it does not need while the guest runs, if the host can: other\nfiles, new programs, networks that no flag names (`WHETHER`); -v says what holds")
	set.BoolVar(&o.stats, "stats", false, "at the end, print counters and where the CPUs are")
	set.Var((*path)(&o.cpuProfile), "cpuprofile", "write a profile of miniboot itself to `FILE`, for go tool pprof; translated code is \"guest code\" in it")
	set.BoolVar(&o.verbose, "v", false, "log what miniboot does, and what the guest does wrong")
	set.BoolVar(&o.version, "version", false, "print the version and exit")
	return set
}

// parseOptions parses the command line. Help goes to help, with flag.ErrHelp as the error; every other error is one
// line.
func parseOptions(args []string, help io.Writer) (options, error) {
	o := defaults()
	set := newFlags(&o)
	wrong := noteErrors(set)
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		printHelp(help)
		return o, err
	case *wrong != nil:
		return o, *wrong
	case err != nil:
		return o, suggest(set, err)
	}
	if o.console.kind == consoleStdio && !given(set, "serial") {
		o.serial.kind = serialNone
	}
	return o, o.check(set.Args())
}

// printHelp prints the usage and the flags with their defaults.
func printHelp(w io.Writer) {
	o := defaults()
	set := newFlags(&o)
	fmt.Fprint(w, usage)
	set.SetOutput(w)
	set.PrintDefaults()
}

// given reports whether a flag is on the command line.
func given(set *flag.FlagSet, name string) (found bool) {
	set.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// check finds flags that do not go together. The machine itself checks its own limits.
func (o *options) check(operands []string) error {
	switch {
	case len(operands) > 0:
		return fmt.Errorf("unexpected argument %q: files are given with flags, as in -kernel %s", operands[0], operands[0])
	case o.irqchip == "framework" && o.gic != 3:
		return errors.New("-irqchip framework -gic 2: the framework's interrupt controller is a GICv3, leave one of them out")
	case o.irqchip == "framework" && o.accel == "soft":
		return errors.New("-irqchip framework -accel soft: only Hypervisor.framework has that interrupt controller, leave one of them out")
	case o.gic == 2 && o.cpus > vmm.MaxVCPUsGICv2:
		return fmt.Errorf("-smp %d -gic 2: give -smp 1 to %d, or -gic 3", o.cpus, vmm.MaxVCPUsGICv2)
	case strings.ContainsAny(o.append, "\r\n"):
		return fmt.Errorf("-append %q: give one line", o.append)
	case o.console.kind == consoleStdio && o.serial.kind == serialStdio:
		return errors.New("-console stdio -serial stdio: give one of them another place")
	}
	if err := checkTwice(o.disks); err != nil {
		return err
	}
	return checkTags(o.shares)
}
