package oracle_test

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

// BenchmarkCompare measures the speed of a long run on one class, everything included.
func BenchmarkCompare(b *testing.B) {
	if _, err := oracle.Find(); err != nil {
		b.Skip(err)
	}
	o, err := oracle.Start(oracle.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer o.Close()
	g := oracle.NewGenerator(oracle.FindClass("simdint"), 1)
	d := oracle.Differ{Got: newMachine(b, softcpu.Auto), Want: o}
	cases := make([]oracle.Case, 1024)
	for b.Loop() {
		for i := range cases {
			cases[i] = g.Next()
		}
		if _, err := d.Run(cases); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(cases))/b.Elapsed().Seconds(), "cases/s")
}
