package main

import (
	"errors"
	"fmt"

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

// advise adds the flags to use to an error.
func advise(err error) error {
	for _, f := range flagsFor {
		if errors.Is(err, f.err) {
			return fmt.Errorf("%w: use %s", err, f.flags)
		}
	}
	return err
}
