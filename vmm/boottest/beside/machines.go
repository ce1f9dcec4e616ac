package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// A machine is one of those that are compared.
type machine struct {
	name    string
	host    string // what the guest has to call the host's loopback interface
	command func(s spec) []string
	layout  layout
}

// A layout is where a machine has what a guest without a devicetree needs.
type layout struct{ uart, gicd, gicr uint64 }

// A spec is a guest, in terms that all machines have.
type spec struct {
	kernel, initrd string // paths
	append         string // to the command line; HOST in it stands for the machine's host
	cpus           int    // 0 is one
	memory         int    // MiB; 0 is 512
	disk, format   string // a path, raw or qcow2
	net            bool   // the network that needs no rights
	console        bool   // a virtio console that nobody reads
}

// findMachines builds miniboot and finds QEMU.
func (b *bench) findMachines(only *regexp.Regexp) (found []machine, err error) {
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		return nil, fmt.Errorf("%w: install the Debian package qemu-system-arm", err)
	}
	miniboot := b.file("miniboot")
	if err := b.goCommand(nil, "build", "-o", miniboot, module+"/cmd/miniboot"); err != nil {
		return nil, err
	}
	for _, m := range []machine{
		minibootMachine(miniboot, "interpreter"), minibootMachine(miniboot, "translator"), qemuMachine(qemu),
	} {
		if only.MatchString(m.name) {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("-engine %s matches none of interpreter, translator, QEMU", only)
	}
	return found, nil
}

// minibootMachine has a virtio source of entropy and a balloon always.
func minibootMachine(path, engine string) machine {
	return machine{engine, "192.168.127.254", func(s spec) []string {
		args := []string{path, "-accel", "soft", "-engine", engine, "-no-reboot", "-kernel", s.kernel, "-append", s.append,
			"-smp", strconv.Itoa(max(s.cpus, 1)), "-m", fmt.Sprintf("%dM", s.megabytes())}
		if s.initrd != "" {
			args = append(args, "-initrd", s.initrd)
		}
		if s.disk != "" {
			args = append(args, "-disk", s.disk+",format="+s.format)
		}
		if s.net {
			args = append(args, "-net", "user")
		}
		if s.console {
			args = append(args, "-console", "file:"+os.DevNull)
		}
		return args
	}, layout{uart: 0x4002_0000, gicd: 0x4000_0000, gicr: 0x5000_0000}}
}

// qemuMachine is given the GIC and the devices that miniboot's machine has.
func qemuMachine(path string) machine {
	return machine{"QEMU", "10.0.2.2", func(s spec) []string {
		args := []string{path, "-M", "virt,gic-version=3", "-accel", "tcg", "-cpu", "cortex-a57", "-nodefaults", "-display", "none",
			"-serial", "stdio", "-no-reboot", "-kernel", s.kernel, "-append", "console=ttyAMA0 panic=-1 " + s.append,
			"-smp", strconv.Itoa(max(s.cpus, 1)), "-m", fmt.Sprintf("%dM", s.megabytes()), "-global", "virtio-mmio.force-legacy=false",
			"-device", "virtio-rng-device", "-device", "virtio-balloon-device"}
		if s.initrd != "" {
			args = append(args, "-initrd", s.initrd)
		}
		if s.disk != "" {
			args = append(args, "-drive", "if=none,id=disk,file="+s.disk+",format="+s.format, "-device", "virtio-blk-device,drive=disk")
		}
		if s.net {
			args = append(args, "-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net")
		}
		if s.console {
			args = append(args, "-chardev", "null,id=null", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=null")
		}
		return args
	}, layout{uart: 0x0900_0000, gicd: 0x0800_0000, gicr: 0x080a_0000}} // hw/arm/virt.c
}

func (s spec) megabytes() int {
	if s.memory == 0 {
		return 512
	}
	return s.memory
}

// args is the command that runs a guest.
func (m machine) args(s spec) []string {
	s.append = strings.ReplaceAll(s.append, "HOST", m.host)
	return m.command(s)
}
