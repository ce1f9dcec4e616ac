package softcpu

import (
	"slices"
	"sync"
	"time"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// Stats counts what a vCPU did.
type Stats struct {
	Instructions uint64
	Interpreted  uint64 // of these, those that the interpreter's functions executed

	Exceptions uint64 // taken to EL1, interrupts included
	Interrupts uint64 // IRQs and FIQs taken
	TLBMisses  uint64 // walks of translation tables for loads and stores
	CodePages  uint64 // pages of instructions that were new, or had been dropped

	// Of the translator.
	Translations uint64        // runs of instructions that were translated
	Translated   uint64        // instructions in them
	Translating  time.Duration // how long that took
	CodeBytes    uint64        // generated code there is now
	Flushes      uint64        // how often all code was dropped because its memory was full

	Exits [translate.Exits]uint64 // of generated code, in the order of ExitNames
}

// ExitNames says what generated code returned to the engine for.
func ExitNames() []string { return slices.Clone(exitNames[:]) }

var exitNames = [...]string{
	translate.ExitNoCode:    "new code",
	translate.ExitInterpret: "the interpreter",
	translate.ExitChain:     "a jump to link",
	translate.ExitPC:        "a page or the budget",
	translate.ExitBudget:    "the budget",
	translate.ExitCross:     "a crossing to link",
}

// VCPU is what a vCPU of this package has beyond hv.VCPU.
type VCPU interface {
	// Stats returns what the vCPU has done so far. Only the owner may call it.
	Stats() Stats
}

// Stats implements VCPU.
func (c *cpu) Stats() Stats {
	s := c.stats
	if !c.gen.on {
		s.Interpreted = s.Instructions
		return s
	}
	s.Interpreted += s.Exits[translate.ExitInterpret]
	s.CodeBytes = uint64(c.gen.t.Used())
	return s
}

// add adds what another vCPU did.
func (s *Stats) add(o *Stats) {
	s.Instructions += o.Instructions
	s.Interpreted += o.Interpreted
	s.Exceptions += o.Exceptions
	s.Interrupts += o.Interrupts
	s.TLBMisses += o.TLBMisses
	s.CodePages += o.CodePages
	s.Translations += o.Translations
	s.Translated += o.Translated
	s.Translating += o.Translating
	s.CodeBytes += o.CodeBytes
	s.Flushes += o.Flushes
	for i := range s.Exits {
		s.Exits[i] += o.Exits[i]
	}
}

// endedCPUs counts what closed vCPUs did, by index.
type endedCPUs struct {
	mu    sync.Mutex
	stats []Stats
}

// add adds a vCPU. A nil receiver counts nothing.
func (e *endedCPUs) add(index int, s Stats) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.stats) <= index {
		e.stats = append(e.stats, Stats{})
	}
	e.stats[index].add(&s)
}

// Stats returns what the vCPUs of all virtual machines had done when they were closed, by
// index. For those that run see VCPU.
func (h *Hypervisor) Stats() []Stats {
	h.ended.mu.Lock()
	defer h.ended.mu.Unlock()
	return slices.Clone(h.ended.stats)
}
