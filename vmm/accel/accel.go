// Package accel makes the backends that run a machine's vCPUs, by name:
//
//	h, err := accel.New("auto")
//	m, err := vmm.New(vmm.Config{Hypervisor: h, ...})
//
// A program that needs only one backend calls that backend's package instead, and
// links no other.
package accel

import (
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

type backend struct {
	name string
	new  func() (hv.Hypervisor, error)
}

// backends are in the order in which auto tries them. The last one works on
// every host.
var backends = []backend{
	{"hvf", hvf.New},
	{"soft", func() (hv.Hypervisor, error) { return softcpu.New(softcpu.Config{}), nil }},
}

// auto is the first backend that this host has.
const auto = "auto"

// Names are what New takes: "auto", "hvf" for Hypervisor.framework, "soft" for
// the software CPU.
func Names() []string {
	names := []string{auto}
	for _, b := range backends {
		names = append(names, b.name)
	}
	return names
}

// New returns a backend by name. "auto" is the first of the others that this host
// has. The error says why the host does not have the named backend.
func New(name string) (hv.Hypervisor, error) {
	for _, b := range backends {
		if name != b.name && name != auto {
			continue
		}
		if h, err := b.new(); err == nil || name != auto {
			return h, err
		}
	}
	return nil, fmt.Errorf("accel: there is no backend %q: give one of %s", name, strings.Join(Names(), ", "))
}
