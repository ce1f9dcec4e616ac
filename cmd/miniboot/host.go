package main

import (
	"errors"
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/signed"
	"github.com/miniboot-vmm/miniboot/sandbox"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm/accel"
)

// host is what can run guests on this machine. Tests have other ones.
type host struct {
	backends  accel.List
	framework func() (*hvf.Framework, error)
	become    func(before func(path string)) error // signed.Become
	isCopy    func() bool                          // signed.IsCopy
	sysctl    func(name string) (string, error)    // nil where there are no names that doctor knows
	enter     func(sandbox.Config) (sandbox.Held, error)
}

var thisHost = host{accel.All(), hvf.Open, signed.Become, signed.IsCopy, sysctl, sandbox.Enter}

// chosen is the backend that runs guests.
type chosen struct {
	hv.Hypervisor
	soft    *softcpu.Hypervisor // the same, if it is the software CPU
	refusal error               // why it is not Hypervisor.framework, on a Mac that has it
}

func (c chosen) onFramework() bool { return c.soft == nil }

// choose returns the backend for a value of -accel. The command and doctor both ask it. A program that lacks the
// entitlement is replaced here by a signed copy of itself, after a call of before, so nothing else may have begun. Where
// that cannot be, auto takes the software CPU.
func (h host) choose(name string, before func(path string)) (c chosen, _ error) {
	if name == "auto" {
		c.Hypervisor, c.refusal = h.backends.Auto()
	} else {
		c.Hypervisor, c.refusal = h.backends.New(name)
	}
	if errors.Is(c.refusal, hvf.ErrEntitlement) {
		if noCopy := h.become(before); noCopy != nil {
			c.refusal = fmt.Errorf("%w (%v)", c.refusal, noCopy)
		}
	}
	if c.Hypervisor == nil {
		return chosen{}, c.refusal
	}
	c.soft, _ = c.Hypervisor.(*softcpu.Hypervisor)
	return c, nil
}
