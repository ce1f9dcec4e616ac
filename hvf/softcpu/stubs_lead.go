package softcpu

import "github.com/miniboot-vmm/miniboot/hvf"

// Placeholders for what the lead is writing; each goes away as it lands.

type vm struct {
	ipaBits int
	now func() uint64 // host counter in ticks of hvf.CounterFrequency
}

func (v *vm) readPhys64(pa uint64) (uint64, bool) { return 0, false }

type (
	softTLB   struct{}
	codeCache struct{}
	exclusive struct{}
	mailbox   struct{}
)

func (t *softTLB) selectRegime(r regime) {}
func (t *softTLB) flushASIDChange()      {}
func (t *softTLB) flushAll()             {}

func (c *cpu) maintain(m maintenance, broadcast bool) {}
func (c *cpu) awaitMaintenance()                      {}
func (c *cpu) zeroBlock(va uint64) bool               { return false }

func (c *cpu) exitWith(esr hvf.ESR, far, ipa uint64) bool {
	c.exit = hvf.Exit{Reason: hvf.ExitException, ESR: esr, FAR: far, IPA: ipa}
	c.stop = true
	return false
}
