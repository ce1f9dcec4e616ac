// Command miniboot boots an arm64 Linux guest.
//
//	miniboot                                   the default guest: a Linux kernel, a shell
//	miniboot -kernel Image -initrd initramfs   your own
//
// The guest's serial console is the terminal, in raw mode. Every key goes to the guest except Ctrl-A. Ctrl-A x ends
// miniboot, and Ctrl-A h lists the other keys. Standard input may also be a pipe, a file, or closed. Its end does not end
// the guest.
//
// SIGINT or SIGTERM presses the guest's power key, and presses it again each second until the guest ends: a guest that is
// booting does not hear the first presses. A second signal ends miniboot at once, and so does SIGHUP. Before the guest
// begins, the first one does. SIGTSTP and SIGQUIT find the terminal as it was before miniboot.
//
// On a Mac, a miniboot that is not signed for Hypervisor.framework replaces itself by a copy that is, and says so in one
// line. The copy is in the user's cache directory. Where that cannot be, -accel auto takes the software CPU and says why,
// and -accel hvf fails.
//
// Before the guest begins, miniboot leaves itself what the flags name, and nothing else: see package sandbox. With -v it
// says what holds on this host, and -sandbox off leaves it out, which is the default on macOS. Two things differ in a
// sandbox: the socket of -vsock or -console unix:PATH stays behind at the end, and a kernel or initrd that another file has
// replaced cannot be read when the guest resets.
//
// Other commands:
//
//	miniboot sign [-o OUT] [BINARY]   add an ad-hoc signature with the entitlement to use Hypervisor.framework to a
//	                                  program for darwin/arm64, on any host; without BINARY, to miniboot itself
//	miniboot doctor                   print what this host offers and the result of the conformance suite (package
//	                                  hv/hvtest) on it, for a bug report; status 1 if a case fails
//	miniboot help                     the same as -help
//	miniboot version                  the same as -version
//
// Exit status:
//
//	0    the guest powered off, or Ctrl-A x
//	1    an error of the host, or a signal ended miniboot
//	2    wrong flags or arguments
//	3    the guest's kernel panicked, or asked for a reset under -no-reboot
//	124  -timeout is over
//
// Go's runtime also ends the process with status 2 if the host denies it a thread or memory of its own. It prints why.
package main

// Exit statuses of the command.
const (
	exitPowerOff  = 0
	exitHostError = 1
	exitUsage     = 2
	exitGuest     = 3
	exitTimeout   = 124
)
