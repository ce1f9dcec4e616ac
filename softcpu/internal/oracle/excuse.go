package oracle

// Excuse is a way in which the results of a case may differ although both sides are right. If
// it applies, it makes that part of the results equal before the comparison. The rest is
// still compared.
type Excuse struct {
	Name   string
	Reason string
	// apply changes got if w, the word at which got ended, has this excuse.
	apply func(w uint32, got *Result, want Result)
}

// Excuses is the one table of such differences.
var Excuses = []Excuse{
	{"part of an access", "a load or store of several elements that faults may have done some of them, and leaves what it loads UNKNOWN",
		partOfAccess},
	{"store-exclusive to nowhere", "whether it checks the monitor or the address first is IMPLEMENTATION DEFINED (DDI 0487, Synchronization and semaphores): QEMU ends with status 1, we fault",
		storeExclusiveToNowhere},
	{"cache maintenance of nowhere", "QEMU's user mode does not look at the address; the architecture wants a translation fault",
		maintenanceOfNowhere},
	{"DC ZVA of nowhere", "QEMU 7 reports the PC of an earlier instruction, and the start of the block; FAR_EL1 is the operand (DDI 0487, FAR_EL1)",
		zeroNowhere},
	{"alignment of LDAR, STLR", "QEMU before 8.1 does not check it; generators align what they can",
		unalignedOrdered},
	{"PC alignment", "has priority over an instruction abort; QEMU 7 in user mode sees the abort",
		misalignedPC},
	{"QEMU's own memory", "the guest's stack is at the end of the address space; outside of it QEMU's user mode adds the guest's base and accesses what lies there, itself for instance",
		wildAccess},
	{"the monitor", "is there under QEMU only; ADRP can form its addresses",
		monitorAccess},
}

// Compare describes how got differs from want after all excuses. It returns "" if they do not
// differ.
func Compare(c *Case, got, want Result) string {
	if equal(&got, &want) {
		return ""
	}
	var w uint32 // UDF, as outside the case
	if at := (got.PC - c.In.PC) / 4; at < uint64(len(c.Words)) && got.PC%4 == 0 {
		w = c.Words[at]
	}
	for i := range Excuses {
		Excuses[i].apply(w, &got, want)
	}
	return Diff(got, want)
}

func storeExclusiveToNowhere(w uint32, got *Result, want Result) {
	faulted := got.Signal == SIGSEGV || got.Signal == SIGBUS
	if faulted && isExclusive(w) && bits(w, 22, 1) == 0 && want.PC != got.PC {
		*got = want
	}
}

func unalignedOrdered(w uint32, got *Result, want Result) {
	if got.Signal == SIGBUS && isOrdered(w) {
		*got = want
	}
}

func misalignedPC(_ uint32, got *Result, want Result) {
	if got.Signal == SIGBUS && want.Signal == SIGSEGV && got.PC%4 != 0 {
		got.Signal, got.FaultAddr = want.Signal, want.FaultAddr
	}
}

func monitorAccess(_ uint32, got *Result, want Result) {
	if a := got.FaultAddr; got.Signal == SIGSEGV && (a >= textBase && a < dataBase+dataSize || a >= batchBase && a < batchBase+batchSize) {
		*got = want
	}
}

// wildAccess excuses an access for which QEMU found memory: its stack, or an address outside
// of the address space (see faultAddr).
func wildAccess(_ uint32, got *Result, want Result) {
	const stack = 16 << 20 // bytes, more than QEMU's 8 MiB
	if got.Signal == SIGSEGV && got.FaultAddr >= addressSpace-stack && want.Signal != SIGSEGV {
		*got = want
	}
}

const dcZVA = 0xd50b_7420

func maintenanceOfNowhere(w uint32, got *Result, want Result) {
	if got.Signal == SIGSEGV && addressingOf(w) == baseOfSystem && w&^31 != dcZVA {
		*got = want
	}
}

func zeroNowhere(w uint32, got *Result, want Result) {
	if got.Signal == SIGSEGV && want.Signal == SIGSEGV && w&^31 == dcZVA {
		got.PC, got.FaultAddr = want.PC, want.FaultAddr
	}
}

// partOfAccess excuses memory and the transfer registers of an access that
// crosses the end of the memory block.
func partOfAccess(w uint32, got *Result, want Result) {
	if got.Signal != SIGSEGV || want.Signal != SIGSEGV || got.PC != want.PC || !isMultiple(w) {
		return
	}
	got.Mem = want.Mem
	if bits(w, 26, 1) == 1 {
		for i := range uint32(4) { // LD4 loads four
			r := (w + i) & 31
			got.V[r] = want.V[r]
		}
		rt2 := bits(w, 10, 5)
		got.V[rt2] = want.V[rt2]
	} else {
		for _, r := range []uint32{bits(w, 0, 5), bits(w, 10, 5)} {
			if r < 31 {
				got.X[r] = want.X[r]
			}
		}
	}
}

// isMultiple says whether w may access memory more than once.
func isMultiple(w uint32) bool {
	switch addressingOf(w) {
	case baseOnly, offsetImm7:
		return true
	case baseAligned:
		return bits(w, 21, 1) == 1 // LDXP, STXP
	case offsetImm9, offsetImm12, offsetReg:
		return bits(w, 26, 1) == 1 && bits(w, 23, 1) == 1 // a 128-bit register
	}
	return false
}
