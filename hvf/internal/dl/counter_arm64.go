package dl

// cntfrq reads CNTFRQ_EL0, which systems let programs read.
func cntfrq() uint64

// CounterFrequency returns CNTFRQ_EL0 as this process reads it.
func (*Library) CounterFrequency() uint64 { return cntfrq() }
