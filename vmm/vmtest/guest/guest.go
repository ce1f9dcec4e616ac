// Package guest provides the default guest: a Linux kernel and a small userland, on any machine with a go command.
//
//   - The kernel comes from the Go module github.com/gokrazy/kernel.arm64. It is an unmodified upstream kernel with the
//     drivers for this machine built in. The go command fetches a pinned version into the module cache. The module's
//     h1: sum is compiled in here, so the kernel that boots is the one that was tested.
//   - The initramfs has one program, an init and shell written in Go (testdata/guest). Its source is embedded here. The
//     go command builds it once for linux/arm64, and the archive stays in the user's cache directory.
//
// After the first use neither needs a network.
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
