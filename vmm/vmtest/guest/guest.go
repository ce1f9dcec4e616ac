// Package guest provides the default guest: a Linux kernel and a small userland, on any machine with a go command.
//
//   - The kernel comes from the Go module github.com/gokrazy/kernel.arm64. It is an unmodified upstream kernel with the
//     drivers for this machine built in. The go command fetches a pinned version into the module cache. The module's
//     h1: sum is compiled in here, so the kernel that boots is the one that was tested.
//   - The initramfs has one program, an init and shell written in Go (testdata/guest). Its source is embedded here. The
//     go command builds it once for linux/arm64, and the archive stays in the user's cache directory.
//
// After the first use neither needs a network. A test that runs a command in it:
//
//	kernel, err := guest.Kernel(t.Context(), t.Output())
//	...
//	initramfs, err := guest.Initramfs(t.Context(), t.Output())
//	...
//	g := vmtest.Start(t, vmm.Config{
//		Kernel: kernel, Initrds: []boot.File{initramfs}, CommandLine: guest.CommandLine,
//	})
//	g.Expect(guest.Prompt)
//	t.Log(g.MustRun("uname -a"))
//
// # The userland
//
// Init mounts the kernel's file systems, brings up the loopback interface, and runs
// the script /etc/rc if there is one. Then it runs a shell on the console, at which
// Prompt appears, or what RunParameter says. A shell that ends is started again.
//
// These are the commands. NAME --help shows what a command takes.
//
//	[ basename cat chmod chroot clear cp cut date dd df dhcp dirname dmesg du
//	echo env false find free grep halt head help hexdump hostname id insmod ip
//	kill ln ls lsmod md5sum mkdir mknod mount mv nc nproc nslookup poweroff
//	printf ps pwd readlink reboot rm rmdir rmmod seq sh sha256sum sleep sort
//	stat stty sync tail tee test touch tr true tty umount uname uniq uptime
//	vsock wc wget which xxd yes
//
// The shell has pipes, redirections, &&, ||, &, if, while, until, for, $(...) and the
// usual builtins. It has no functions, no case and no here-documents. dhcp configures
// a network, "nc -l PORT" serves one connection, and "vsock echo PORT" echoes streams.
// There is no devmem. The default kernel has no driver for virtiofs.
//
// # More files, scripts and modules
//
// The kernel unpacks all initrds into one tree. An archive after Initramfs (package
// boot/cpio makes one) adds static programs for linux/arm64, or kernel modules and an
// /etc/rc that loads them:
//
//	added, err := cpio.Archive([]cpio.File{
//		{Name: "virtio_mmio.ko", Mode: 0o644, Data: module},
//		{Name: "etc/rc", Mode: 0o644, Data: []byte("insmod /virtio_mmio.ko\n")},
//	})
//	cfg.Initrds = []boot.File{initramfs, {Name: "added.cpio", Data: added}}
//
// The default kernel has its drivers built in. README.md names the modules that
// Debian's cloud kernels need.
package guest

import (
	"fmt"
	"io"
)

// CommandLine is what the default kernel needs on its command line. The PL011 is its console. A built-in driver, which
// probes the PC's I/O port 0x2e for a hardware monitor, is disabled: on a machine without PCI nothing is mapped where
// arm64 has its I/O ports, and the probe makes the kernel panic.
const CommandLine = "console=ttyAMA0 initcall_blacklist=sensors_nct6683_init"

// MinMemory is how much memory the default guest boots with at any time, in
// bytes. Its kernel sets 32 MiB aside for contiguous allocations, and whether it
// finds them in less depends on where things lie.
const MinMemory = 128 << 20

// Prompt is what the guest's shell prints when it waits for a command in the root directory.
const Prompt = "/ # "

// RunParameter returns the kernel parameter that makes the guest run one line in its shell instead of an interactive
// shell, print "miniboot.run: exit status N" and power off. The line must have no double quotes: the kernel has no way
// to escape them.
func RunParameter(line string) string { return `miniboot.run="` + line + `"` }

// say prints a line of progress. It does nothing if w is nil.
func say(w io.Writer, format string, args ...any) {
	if w != nil {
		fmt.Fprintf(w, "miniboot: "+format+"\n", args...)
	}
}
