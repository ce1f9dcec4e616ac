package hvf

import (
	"errors"
	"fmt"
	"os"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// ErrEntitlement says that macOS refuses the virtual machine, and that the program's
// signature lacks the entitlement for it. The error that wraps it says what to do.
// Package hvf/signed has a remedy that a program can apply itself.
var ErrEntitlement = errors.New("this program is not signed with the entitlement " + codesign.Hypervisor)

// explainCreate adds to an error of hv_vm_create what to do about it. A missing
// entitlement gives one of three codes, depending on the version of macOS.
func explainCreate(err error) error {
	switch {
	case errors.Is(err, ReturnDenied), errors.Is(err, ReturnUnsupported), errors.Is(err, ReturnError):
		return explainRefusal(err)
	case errors.Is(err, ReturnNoResources):
		return fmt.Errorf("%w: all virtual machines that this host allows are in use, end some", err)
	case errors.Is(err, ReturnBusy):
		return fmt.Errorf("%w: this process has a virtual machine, close it first", err)
	}
	return err
}

// explainRefusal looks for the entitlement in the program's own signature.
func explainRefusal(err error) error {
	exe, exeErr := os.Executable()
	if exeErr != nil {
		return fmt.Errorf("%w: %w, run: miniboot sign PROGRAM", err, ErrEntitlement)
	}
	has, readErr := entitled(exe)
	switch {
	case readErr != nil:
		return fmt.Errorf("%w: the program cannot be read, so whether it has the entitlement %s is unknown: %w: make it readable", err, codesign.Hypervisor, readErr)
	case has:
		return fmt.Errorf("%w: the program has the entitlement %s, so it is the system that refuses, as a macOS in a virtual machine does: %w",
			err, codesign.Hypervisor, hv.ErrNotAvailable)
	}
	return fmt.Errorf("%w: %w, run: miniboot sign %s", err, ErrEntitlement, exe)
}

// entitled is replaced in tests: a program of another system has no signature. Its error
// is that the file cannot be read.
var entitled = func(path string) (bool, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	has, _ := codesign.Has(file, codesign.Hypervisor)
	return has, nil
}
