package softcpu

// fence orders all accesses before it against all after it. No atomic operation of
// Go does on a processor without LSE: its LDAXR and STLXR let accesses from both
// sides pass into what is between them (DDI 0487, B2.3).
func fence()

// order orders guest accesses before it against those after it.
func (c *cpu) order(crm uint64) { fence() }
