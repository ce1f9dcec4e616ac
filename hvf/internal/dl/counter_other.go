//go:build !arm64

package dl

// CounterFrequency returns 0: this processor has no CNTFRQ_EL0.
func (*Library) CounterFrequency() uint64 { return 0 }
