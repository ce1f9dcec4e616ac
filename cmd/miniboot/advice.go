package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// flagsFor has the flags that remedy an error of the library, which itself names no flag. The first that fits counts.
var flagsFor = []struct {
	err   error
	flags string
}{
	{boot.ErrMemorySize, "-m 512M"},
	{boot.ErrLittleMemory, "-m SIZE"},
	{boot.ErrCommandLine, "-append TEXT"},
	{boot.ErrIsKernel, "-kernel FILE"},
	{boot.ErrIsInitrd, "-initrd FILE"},
	{boot.ErrIsDTB, "-dtb FILE"},
	{vmm.ErrNoBackendGIC, "-irqchip go"},
	{hv.ErrNotAvailable, "-accel soft"},
}

// fileError is an error about a file that is to be written. what names it, as in "-serial file:PATH".
func fileError(what string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	advice := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		advice = ": give a path in a directory that exists"
	case errors.Is(err, syscall.EISDIR):
		advice = ": give a file"
	case errors.Is(err, fs.ErrPermission):
		advice = ": give a file that you may write to"
	}
	return fmt.Errorf("%s: %w%s", what, err, advice)
}

// adviseLimit says what to do about a limit of the process.
func adviseLimit(err error) error {
	if errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("%w: raise the limit, see ulimit -n", err)
	}
	return err
}

// memoryDoubt returns a line if the guest is to have more memory than the host. That works as long as the guest does not
// use it.
func memoryDoubt(guest, host uint64) string {
	if guest <= host {
		return ""
	}
	return fmt.Sprintf("-m %s: the host has %d MiB: the system may end miniboot when the guest uses more", formatSize(guest), host>>20)
}

// advise adds the flags to use to an error.
func advise(err error) error {
	for _, f := range flagsFor {
		if errors.Is(err, f.err) {
			return fmt.Errorf("%w: use %s", err, f.flags)
		}
	}
	return err
}
