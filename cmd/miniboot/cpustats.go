package main

import (
	"fmt"
	"io"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// cpuStats returns what the CPUs in software have done: those that run and those that have ended.
func (m virtualMachine) cpuStats() []softcpu.Stats {
	ended := m.soft.Stats()
	var stats []softcpu.Stats
	for i := range m.Stats().VCPUs {
		err := m.Do(i, func(v hv.VCPU) { stats = append(stats, v.(softcpu.VCPU).Stats()) })
		if err != nil && i < len(ended) {
			stats = append(stats, ended[i])
		}
	}
	return stats
}

// writeCPUStats prints a table with a column for each CPU.
func writeCPUStats(w io.Writer, cpus []softcpu.Stats) {
	row := func(name string, value func(s *softcpu.Stats) any) {
		fmt.Fprintf(w, "%-44s", name)
		for i := range cpus {
			fmt.Fprintf(w, " %14v", value(&cpus[i]))
		}
		fmt.Fprintln(w)
	}
	row("instructions", func(s *softcpu.Stats) any { return s.Instructions })
	row("  in generated code", func(s *softcpu.Stats) any { return percent(s.Instructions-s.Interpreted, s.Instructions) })
	row("exceptions", func(s *softcpu.Stats) any { return s.Exceptions })
	row("  interrupts", func(s *softcpu.Stats) any { return s.Interrupts })
	row("TLB misses", func(s *softcpu.Stats) any { return s.TLBMisses })
	row("pages of code", func(s *softcpu.Stats) any { return s.CodePages })
	row("translated instructions", func(s *softcpu.Stats) any { return s.Translated })
	row("  in runs", func(s *softcpu.Stats) any { return s.Translations })
	row("  KiB of generated code", func(s *softcpu.Stats) any { return s.CodeBytes >> 10 })
	row("  times its memory was full", func(s *softcpu.Stats) any { return s.Flushes })
	row("  time", func(s *softcpu.Stats) any { return s.Translating.Round(time.Millisecond / 10) })
	row("  time for each", func(s *softcpu.Stats) any { return s.Translating / time.Duration(max(1, s.Translated)) })
	for i, name := range softcpu.ExitNames() {
		row("left generated code for "+name, func(s *softcpu.Stats) any { return s.Exits[i] })
	}
}

// percent formats part of whole.
func percent(part, whole uint64) string {
	return fmt.Sprintf("%.2f%%", 100*float64(part)/float64(max(1, whole)))
}
