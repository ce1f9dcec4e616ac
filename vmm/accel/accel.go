// Package accel makes the backends that run a machine's vCPUs, by name:
//
//	h, err := accel.New("auto")
//	m, err := vmm.New(vmm.Config{Hypervisor: h, ...})
//
// A program that needs only one backend calls that backend's package instead, and
// links no other.
//
// On a Mac, a program that is not signed for Hypervisor.framework gets the software
// CPU from "auto", and from "hvf" an error that wraps hvf.ErrEntitlement. A program that
// has asked package hvf/signed for it is signed. All().Auto() says why it is the software
// CPU.
package accel

import (
	"errors"
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// Backend is a backend by its name.
type Backend struct {
	Name string
	New  func() (hv.Hypervisor, error)
}

// List has backends in the order in which "auto" tries them. The last one works
// everywhere.
type List []Backend

// All returns the backends of this project: "hvf" for Hypervisor.framework, "soft"
// for the software CPU.
func All() List {
	return List{
		{"hvf", hvf.New},
		{"soft", func() (hv.Hypervisor, error) { return softcpu.New(softcpu.Config{}), nil }},
	}
}

// auto is the first backend that can make a virtual machine.
const auto = "auto"

// Names are what New takes: "auto", and the names of All.
func Names() []string { return All().Names() }

// New is New of All.
func New(name string) (hv.Hypervisor, error) { return All().New(name) }

// Names are what New takes.
func (l List) Names() []string {
	names := []string{auto}
	for _, b := range l {
		names = append(names, b.Name)
	}
	return names
}

// New returns a backend by name, if it can make a virtual machine: a host may have a
// backend and refuse it to this program. New makes one and closes it to find out. The
// error says why there is none. "auto" is the first backend that can.
func (l List) New(name string) (hv.Hypervisor, error) {
	if name == auto {
		h, refusal := l.Auto()
		if h == nil {
			return nil, refusal
		}
		return h, nil
	}
	for _, b := range l {
		if b.Name == name {
			return b.usable()
		}
	}
	return nil, fmt.Errorf("accel: there is no backend %q: give one of %s", name, strings.Join(l.Names(), ", "))
}

// Auto returns what New("auto") does, and why the preferred backend cannot be used if h
// is another one. It is no reason that hosts of this kind do not have it.
func (l List) Auto() (h hv.Hypervisor, refusal error) {
	for _, b := range l {
		h, err := b.usable()
		if err == nil {
			if errors.Is(refusal, hvf.ErrUnsupported) {
				refusal = nil
			}
			return h, refusal
		}
		if refusal == nil {
			refusal = err
		}
	}
	return nil, refusal
}

// usable makes the backend and asks it for a virtual machine. A backend that has only
// one is usable while that one is in use.
func (b Backend) usable() (hv.Hypervisor, error) {
	h, err := b.New()
	if err != nil {
		return nil, err
	}
	vm, err := h.NewVM(hv.Config{})
	switch {
	case errors.Is(err, hvf.ReturnBusy):
		return h, nil
	case err != nil:
		return nil, err
	}
	if err := vm.Close(); err != nil {
		return nil, err
	}
	return h, nil
}
