package oracle

import (
	"bytes"
	"fmt"
	"strings"
)

// Diff describes how got differs from want, with a phrase for each difference. It returns ""
// if they are the same.
func Diff(got, want Result) string {
	if equal(&got, &want) {
		return ""
	}
	var d differences
	d.compare("signal", uint64(got.Signal), uint64(want.Signal))
	d.compare("pc", got.PC, want.PC)
	d.compare("fault address", got.FaultAddr, want.FaultAddr)
	for i := range got.X {
		d.compare(fmt.Sprint("x", i), got.X[i], want.X[i])
	}
	d.compare("sp", got.SP, want.SP)
	d.compare("nzcv", uint64(got.NZCV), uint64(want.NZCV))
	d.compare("fpcr", uint64(got.FPCR), uint64(want.FPCR))
	d.compare("fpsr", uint64(got.FPSR), uint64(want.FPSR))
	for i := range got.V {
		if g, w := got.V[i], want.V[i]; g != w {
			d.add("v%d is %016x_%016x, want %016x_%016x", i, g[1], g[0], w[1], w[0])
		}
	}
	d.memory(got.Mem, want.Mem)
	return strings.Join(d, "; ")
}

func equal(a, b *Result) bool {
	return a.Signal == b.Signal && a.FaultAddr == b.FaultAddr &&
		a.X == b.X && a.SP == b.SP && a.PC == b.PC &&
		a.NZCV == b.NZCV && a.FPCR == b.FPCR && a.FPSR == b.FPSR &&
		a.V == b.V && bytes.Equal(a.Mem, b.Mem)
}

type differences []string

func (d *differences) add(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }

func (d *differences) compare(name string, got, want uint64) {
	if got != want {
		d.add("%s is 0x%x, want 0x%x", name, got, want)
	}
}

// memory adds the first difference between two memory blocks.
func (d *differences) memory(got, want []byte) {
	if bytes.Equal(got, want) {
		return
	}
	if len(got) != len(want) {
		d.add("0x%x bytes of memory, want 0x%x", len(got), len(want))
		return
	}
	i := 0
	for got[i] == want[i] {
		i++
	}
	end := min(i+16, len(got))
	d.add("memory+0x%x is % x, want % x", i, got[i:end], want[i:end])
}
