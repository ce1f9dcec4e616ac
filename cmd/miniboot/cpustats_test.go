package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/softcpu"
)

func TestWriteCPUStats(t *testing.T) {
	var out strings.Builder
	writeCPUStats(&out, []softcpu.Stats{
		{
			Instructions: 1000, Interpreted: 10, Exceptions: 3, Interrupts: 2, TLBMisses: 4, CodePages: 5, Translations: 6, Translated: 50,
			Translating: 12_345_678, CodeBytes: 8191, Flushes: 9, Exits: [...]uint64{1, 10, 3, 4, 5, 6},
		},
		{},
	})
	const want = `instructions                                           1000              0
  in generated code                                  99.00%          0.00%
exceptions                                                3              0
  interrupts                                              2              0
TLB misses                                                4              0
pages of code                                             5              0
translated instructions                                  50              0
  in runs                                                 6              0
  KiB of generated code                                   7              0
  times its memory was full                               9              0
  time                                               12.3ms             0s
  time for each                                   246.913µs             0s
left generated code for new code                          1              0
left generated code for the interpreter                  10              0
left generated code for a jump to link                    3              0
left generated code for a page or the budget              4              0
left generated code for the budget                        5              0
left generated code for a crossing to link                6              0
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
