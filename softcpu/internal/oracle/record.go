package oracle

import (
	"encoding/binary"
	"fmt"
)

// check returns an error when the monitor cannot run c.
func (c *Case) check() error {
	slot := (c.In.PC - CodeBase) / SlotSize
	switch {
	case len(c.Words) > MaxWords:
		return fmt.Errorf("oracle: case has %d words, split it: at most %d fit", len(c.Words), MaxWords)
	case slot >= Slots || c.In.PC%SlotSize != 0:
		return fmt.Errorf("oracle: case starts at pc 0x%x, which is not a code slot: use SlotPC", c.In.PC)
	case c.In.Mem != nil && len(c.In.Mem) != MemSize:
		return fmt.Errorf("oracle: case has 0x%x bytes of memory, give 0x%x or none", len(c.In.Mem), MemSize)
	}
	return nil
}

// slot returns the number of the case's code slot.
func (c *Case) slot() int { return int((c.In.PC - CodeBase) / SlotSize) }

// putCase encodes c for the monitor into rec, which has recSize bytes.
func putCase(rec []byte, c *Case) {
	le := binary.LittleEndian
	for i, x := range c.In.X {
		le.PutUint64(rec[recX+8*i:], x)
	}
	le.PutUint64(rec[recSP:], c.In.SP)
	le.PutUint64(rec[recPC:], c.End())
	le.PutUint64(rec[recNZCV:], uint64(c.In.NZCV))
	le.PutUint64(rec[recFPCR:], uint64(c.In.FPCR))
	le.PutUint64(rec[recFPSR:], uint64(c.In.FPSR))
	le.PutUint64(rec[recSignal:], SIGTRAP)
	le.PutUint64(rec[recFault:], 0)
	le.PutUint64(rec[recSlot:], c.In.PC)
	le.PutUint64(rec[recTrampoline:], trampoline(c.slot()))
	for i, v := range c.In.V {
		le.PutUint64(rec[recV+16*i:], v[0])
		le.PutUint64(rec[recV+16*i+8:], v[1])
	}
	putCode(rec[recCode:recMem], c)
	clear(rec[recMem+copy(rec[recMem:recSize], c.In.Mem) : recSize])
}

// putCode writes the words of c, and after them the branch that ends the case, to the codeSize
// bytes at the start of its slot.
func putCode(code []byte, c *Case) {
	clear(code)
	for i, w := range c.Words {
		binary.LittleEndian.PutUint32(code[4*i:], w)
	}
	binary.LittleEndian.PutUint32(code[4*len(c.Words):], branch(c.End(), endTarget))
}

// endTarget is the target of the branch after a case's last word.
const endTarget = textBase + 4*monitorEnded

// faultAddr returns the address to report for a fault at addr, without its tag. It returns
// the same address for all accesses beyond the end of the address space or across it, because
// an emulator does not know the address for which the host faulted.
func faultAddr(addr uint64) uint64 {
	addr = uint64(int64(addr) << 8 >> 8)
	if addr >= addressSpace-pageSize {
		return ^uint64(0)
	}
	return addr
}

// getResult decodes what the monitor answered.
func getResult(rec []byte) Result {
	le := binary.LittleEndian
	var r Result
	for i := range r.X {
		r.X[i] = le.Uint64(rec[recX+8*i:])
	}
	r.SP = le.Uint64(rec[recSP:])
	r.PC = le.Uint64(rec[recPC:])
	r.NZCV = le.Uint32(rec[recNZCV:]) & 0xf000_0000 // a signal frame has all of PSTATE
	r.FPCR = le.Uint32(rec[recFPCR:])
	r.FPSR = le.Uint32(rec[recFPSR:])
	for i := range r.V {
		r.V[i] = [2]uint64{le.Uint64(rec[recV+16*i:]), le.Uint64(rec[recV+16*i+8:])}
	}
	r.Signal = int(le.Uint64(rec[recSignal:]))
	if r.Signal == SIGSEGV || r.Signal == SIGBUS {
		r.FaultAddr = faultAddr(le.Uint64(rec[recFault:]))
	}
	r.Mem = append([]byte(nil), rec[recMem:recSize]...)
	return r
}
