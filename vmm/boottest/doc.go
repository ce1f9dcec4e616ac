// Package boottest boots real kernels and checks what they do. It has tests only.
//
//   - TestKernels boots Debian's kernels with every GIC version, one and several CPUs, little and much memory, to the
//     default userland, through a reboot from inside, to the power off.
//   - TestInstaller boots the kernel and initrd of Debian's installer to its first dialog.
//   - TestStandardLibrary runs the tests of Go packages, cross-compiled, inside the guest.
//   - TestDeviceRNG, TestDeviceBlk, TestDeviceConsole, TestDeviceBalloon and TestDeviceVsock use each device with the
//     default kernel and with Debian's cloud kernel. The default guest's init loads the latter's drivers as modules.
//   - TestClockAfterSleep and TestTimeServices let the host's clock jump as in a sleep of an hour, and look at the guest's:
//     by PTP, by the real-time clock, with chrony and phc2sys of Debian.
//   - TestDeviceReset resets and pauses a machine while all of its devices are at work.
//   - TestDeviceShare and TestDeviceShareTests use shared directories with the tests of package inguest: go-fuse's
//     posixtest, a stress test whose result both sides compare by hash, locks between processes.
//   - TestDebianRoot installs Debian bookworm on a disk, boots it with its own kernel and initrd to the login prompt,
//     logs in and powers off.
//   - TestRuntimes runs programs of Node.js, Java and Go in guests, with much and little memory for translated code, and
//     compares what they print with what they print with QEMU's user mode.
//   - TestIdle measures what an idle guest costs the host.
//
// The command in the folder beside measures such guests next to QEMU.
//
// Debian's kernels come from the directory that the environment variable MINIBOOT_KERNELS names, which
// fetch-kernels.sh fills; without it the tests of those kernels are skipped. Each test has a reduced form, a sample of
// what it could run, and the full one when MINIBOOT_FULL is set:
//
//	vmm/boottest/fetch-kernels.sh ~/kernels
//	MINIBOOT_KERNELS=~/kernels MINIBOOT_FULL=1 go test -timeout 5h -v ./vmm/boottest
package boottest
