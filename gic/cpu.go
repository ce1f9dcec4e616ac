package gic

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// Groups, as the index of fields that exist once per group.
const (
	group0 = 0
	group1 = 1
)

const (
	priorityBits = 5
	priorityMask = 0xFF << (8 - priorityBits) & 0xFF
	idlePriority = 0xFF // running priority when nothing is active

	// The lowest binary points (IHI 0069, 4.8): all five bits are group priority.
	minBPR0 = 7 - priorityBits
	minBPR1 = minBPR0 + 1
	maxBPR  = 7
)

// Special INTIDs that an acknowledge register returns (IHI 0048, 3.2.5).
const (
	intidGroup1   = 1022 // GICv2: the interrupt is of Group 1, use the aliased register
	intidSpurious = 1023 // nothing to take
	intidLimit    = 1020 // INTIDs from here on are no interrupts
)

// cpu is what belongs to one CPU: its SGIs and PPIs, and its CPU interface.
type cpu struct {
	private bank     // INTID 0 to 31
	targets []uint32 // a word for each bank of SPIs: those that this CPU may take

	enabled   [2]bool // ICC_IGRPEN0/1, GICC_CTLR.EnableGrp0/1
	pmr       uint8
	bpr       [2]uint8  // ICC_BPR0/1; GICC_BPR and GICC_ABPR
	cbpr      bool      // bpr[0] serves both groups
	eoiMode   bool      // EOI drops the priority only, DIR deactivates
	fiqGroup0 bool      // Group 0 is signalled as FIQ
	ap        [2]uint32 // active priorities: bit n is group priority n<<3

	hppi     interrupt // what update found
	irq, fiq output
}

// interrupt is a candidate for being signalled to a CPU.
type interrupt struct {
	id       uint32
	group    uint8
	priority uint8
}

var noInterrupt = interrupt{id: intidSpurious, priority: idlePriority}

// output is a signal to a CPU. Its Line is set only when the level changes.
type output struct {
	line mmio.Line // nil: not connected
	high bool
}

func (o *output) set(high bool) {
	if high == o.high {
		return
	}
	o.high = high
	if o.line != nil {
		o.line.Set(high)
	}
}

// resetInterface is what a warm reset of the CPU does to its CPU interface.
func (p *cpu) resetInterface() {
	p.enabled = [2]bool{}
	p.pmr = 0
	p.bpr = [2]uint8{minBPR0, minBPR1}
	p.cbpr, p.eoiMode = false, false
	p.ap = [2]uint32{}
}

// setBPR clamps to the values that the implemented priority bits allow.
func (p *cpu) setBPR(group uint8, v uint64) {
	p.bpr[group] = max(uint8(v&7), minBPR0+group)
}

// groupMask has the bits of a priority that decide about preemption. A binary
// point of n splits a priority below bit n+1 for Group 0, and below bit n for
// Group 1 (IHI 0069, 4.8).
func (p *cpu) groupMask(group uint8) uint8 {
	n := p.bpr[0]
	if group == group1 && !p.cbpr {
		n = p.bpr[1] - 1
	}
	return uint8(0xFF << (n + 1) & 0xFF)
}

// running is the running priority: the group priority of the most urgent
// interrupt that has been acknowledged but has not had its EOI.
func (p *cpu) running() uint8 {
	ap := p.ap[0] | p.ap[1]
	if ap == 0 {
		return idlePriority
	}
	return uint8(bits.TrailingZeros32(ap) << (8 - priorityBits))
}

// signalled reports whether the highest priority pending interrupt passes the
// priority mask and preempts what is running.
func (p *cpu) signalled() bool {
	h := p.hppi
	return h.id != intidSpurious && h.priority < p.pmr && h.priority&p.groupMask(h.group) < p.running()
}

// drive sets the CPU's inputs to the levels that follow from hppi.
func (p *cpu) drive() {
	s := p.signalled()
	fiq := s && p.fiqGroup0 && p.hppi.group == group0
	p.irq.set(s && !fiq)
	p.fiq.set(fiq)
}

// raisePriority makes h the running interrupt.
func (p *cpu) raisePriority(h interrupt) {
	p.ap[h.group] |= 1 << ((h.priority & p.groupMask(h.group)) >> (8 - priorityBits))
}

// dropPriority undoes the group's latest raisePriority. It returns false if there
// is none to undo.
func (p *cpu) dropPriority(group uint8) bool {
	ap := p.ap[group]
	p.ap[group] = ap & (ap - 1)
	return ap != 0
}
