package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"

	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// prepareBoot boots Debian's cloud kernel until it has unpacked an initramfs and starts its init.
func prepareBoot(b *bench) (run, error) {
	initrd, err := b.busyboxArchive()
	s := spec{kernel: b.kernel("bookworm-cloud.vmlinuz"), initrd: initrd}
	return b.bootUntil("Debian's cloud kernel to /init", s, "Run /init as init process"), err
}

// prepareDevices boots the default guest until its shell has counted the devices that have a driver.
func prepareDevices(b *bench) (run, error) {
	s, err := b.defaultGuest()
	if err != nil {
		return nil, err
	}
	s.disk, s.format, s.net, s.console = b.file("devices.raw"), "raw", true, true
	s.append += " " + guest.RunParameter("echo there are $(echo /sys/bus/virtio/drivers/*/virtio* | wc -w)")
	return b.bootUntil("the default guest to the use of 5 devices", s, "there are 5"), makeDisk(s.disk, s.format)
}

// prepareInstaller boots Debian's installer until it asks for the language.
func prepareInstaller(b *bench) (run, error) {
	s := spec{
		kernel: b.kernel("installer.vmlinuz"), initrd: b.kernel("installer.initrd.gz"), append: "DEBIAN_FRONTEND=text",
		cpus: 2, memory: 1024,
	}
	return b.bootUntil("Debian's installer to its first dialog", s, "Select a language"), nil
}

// prepareDebian boots a disk with its own kernel and initrd. Each guest has a copy.
func prepareDebian(b *bench) (run, error) {
	image := b.kernel("bookworm-root.ext4")
	if _, err := os.Stat(image); err != nil {
		return nil, skipped(fmt.Sprintf("%v; TestDebianRoot of package boottest makes it, with MINIBOOT_FULL=1", err))
	}
	kernel, err := b.fromImage(image, "vmlinuz")
	initrd, err2 := b.fromImage(image, "initrd.img")
	s := spec{kernel: kernel, initrd: initrd, append: "root=/dev/vda ro", cpus: 2, memory: 1024, disk: b.file("root.ext4"), format: "raw"}
	boot := b.bootUntil("Debian's disk to the login prompt", s, " login: ")
	return func(m machine) ([]figure, error) {
		if err := exec.CommandContext(b.ctx, "cp", "--sparse=always", image, s.disk).Run(); err != nil {
			return nil, fmt.Errorf("copy %s: %w", image, err)
		}
		return boot(m)
	}, errors.Join(err, err2)
}

// fromImage copies the one file of /boot in an ext4 image that is called NAME-VERSION.
func (b *bench) fromImage(image, name string) (path string, err error) {
	list, err := exec.CommandContext(b.ctx, "debugfs", "-R", "ls -p /boot", image).Output()
	if err != nil {
		return "", fmt.Errorf("debugfs: %w", err)
	}
	found := regexp.MustCompile(`/(` + regexp.QuoteMeta(name) + `-[^/]*)/`).FindSubmatch(list)
	if found == nil {
		return "", fmt.Errorf("%s has no %s in /boot", image, name)
	}
	path = b.file(name)
	return path, exec.CommandContext(b.ctx, "debugfs", "-R", fmt.Sprintf("dump /boot/%s %s", found[1], path), image).Run()
}

// bootUntil boots a guest until it prints text, and kills it.
func (b *bench) bootUntil(name string, s spec, text string) run {
	return func(m machine) ([]figure, error) {
		g, err := b.boot(m, s)
		if err != nil {
			return nil, err
		}
		defer g.stop()
		if err := g.expect(text); err != nil {
			return nil, err
		}
		took := g.age()
		cpu, err := g.cpuSeconds()
		peak, err2 := g.peakMiB()
		return []figure{
			{name: name, value: took, unit: "s"},
			{name: name + ", host's CPU", value: cpu, unit: "s"},
			{name: name + ", peak memory", value: peak, unit: "MiB"},
		}, errors.Join(err, err2)
	}
}
