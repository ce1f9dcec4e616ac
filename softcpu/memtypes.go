package softcpu

// access is what kind of access a translation is for.
type access uint8

const (
	accessRead access = iota
	accessWrite
	accessFetch
)

// regime selects whose permissions an access has. Each regime has its own array in the
// software TLB.
type regime uint8

const (
	regimeEL0    regime = iota // EL0, and LDTR/STTR at EL1
	regimeEL1                  // EL1 with PSTATE.PAN clear
	regimeEL1PAN               // EL1 with PSTATE.PAN set
	regimes
)

// mapping is the result of a stage 1 translation of one address, and says what the
// regime may do with its page. It has everything that a software TLB entry needs.
type mapping struct {
	pa        uint64 // of the address itself
	size      uint64 // bytes mapped by the descriptor: page or block
	read      bool
	write     bool
	exec      bool
	device    bool // Device memory: unaligned accesses fault
	nonGlobal bool // tagged with the current ASID
}

// fault says why a stage 1 translation or an access failed. The zero value means that
// it did not fail.
type fault struct {
	fsc    uint8 // fault status code with its level; see aarch64.FSC
	s1ptw  bool  // it is a stage 2 fault on a table walk
	ipa    uint64
	stage2 bool
	some   bool
}

// maintenance is one TLB or instruction cache operation, as broadcast between
// CPUs.
type maintenance struct {
	kind maintKind
	va   uint64 // for TLBI by VA: the address, from bits 55:12, sign-extended
	asid uint16
	pa   uint64 // of instruction cache lines
	size uint64 // bytes, for codeRange
}

type maintKind uint8

const (
	tlbAll    maintKind = iota // every entry
	tlbASID                    // non-global entries of asid
	tlbVA                      // entries for va of asid, and global ones
	tlbVAAny                   // entries for va of any ASID
	codeAll                    // all predecoded instructions
	codeLine                   // those in the 64 bytes at pa
	codeRange                  // those in size bytes at pa, and the TLBs: memory was mapped or unmapped
)
