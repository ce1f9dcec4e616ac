// Package guest provides the default guest: a Linux kernel and a small userland, on any machine with a go command.
//
//   - The kernel is in the Go module github.com/gokrazy/kernel.arm64, an unmodified upstream kernel with the drivers
//     for this machine built in. The go command fetches a pinned version into the module cache; the module's h1: sum
//     is compiled in here, so what boots is what was tested.
//   - The initramfs has one program, an init and shell written in Go (testdata/guest). Its source is embedded here; the
//     go command builds it once for linux/arm64 and the archive stays in the user's cache directory.
//
// After the first use neither needs a network.
package guest

import (
	"fmt"
	"io"
)

// CommandLine is what the default kernel needs on its command line: the PL011 as its console, and no probe of a hardware
// monitor at the PC's I/O port 0x2e, which this kernel has built in. On a machine without PCI nothing is mapped where
// arm64 has its I/O ports, and the kernel panics.
const CommandLine = "console=ttyAMA0 initcall_blacklist=sensors_nct6683_init"

// MinMemory is how much memory the default guest boots with at any time, in
// bytes. Its kernel sets 32 MiB aside for contiguous allocations, and whether it
// finds them in less depends on where things lie.
const MinMemory = 128 << 20

// Prompt is what the guest's shell prints when it waits for a command in the root directory.
const Prompt = "/ # "

// RunParameter returns the kernel parameter that makes the guest run a line in its shell in place of an interactive
// one, print "miniboot.run: exit status N" and power off. The line must have no double quotes: the kernel has no way
// to escape them.
func RunParameter(line string) string { return `miniboot.run="` + line + `"` }

// say prints a line of progress for people; a nil w takes none.
func say(w io.Writer, format string, args ...any) {
	if w != nil {
		fmt.Fprintf(w, "miniboot: "+format+"\n", args...)
	}
}
