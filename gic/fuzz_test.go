package gic

import (
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// script is a fuzzer's input, taken apart.
type script []byte

func (s *script) byte() byte {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return b
}

func (s *script) word() (v uint64) {
	for range 4 {
		v = v<<8 | uint64(s.byte())
	}
	return v
}

var sysRegs = []aarch64.SysReg{
	aarch64.ICC_PMR_EL1, aarch64.ICC_IAR0_EL1, aarch64.ICC_EOIR0_EL1, aarch64.ICC_HPPIR0_EL1, aarch64.ICC_BPR0_EL1, aarch64.ICC_AP0R0_EL1, aarch64.ICC_AP1R0_EL1, aarch64.ICC_DIR_EL1, aarch64.ICC_RPR_EL1, aarch64.ICC_SGI1R_EL1,
	aarch64.ICC_ASGI1R_EL1, aarch64.ICC_SGI0R_EL1, aarch64.ICC_IAR1_EL1, aarch64.ICC_EOIR1_EL1, aarch64.ICC_HPPIR1_EL1, aarch64.ICC_BPR1_EL1, aarch64.ICC_CTLR_EL1, aarch64.ICC_SRE_EL1, aarch64.ICC_IGRPEN0_EL1, aarch64.ICC_IGRPEN1_EL1,
}

// FuzzGIC plays sequences of register accesses and input changes on a GICv2
// and a GICv3, and checks the invariants after each step.
func FuzzGIC(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(false, seed)
		f.Add(true, seed)
	}
	f.Fuzz(func(t *testing.T, three bool, data []byte) {
		if len(data) > 1<<10 {
			return
		}
		play(t, three, data)
	})
}

// What the fuzzer does, for a fixed choice of scripts.
func TestRandomScripts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 2))
	for i := range 400 {
		s := make([]byte, rnd.IntN(600))
		for j := range s {
			s[j] = byte(rnd.Uint32())
		}
		play(t, i%2 == 0, s)
	}
}

// play has two CPUs and 40 SPIs.
func play(t testing.TB, three bool, s script) {
	const cpus = 2
	var r rig = newRigV2(t, cpus, 40)
	if three {
		r = newRigV3(t, cpus, 40)
	}
	prepare(r, cpus)
	driven := map[int]bool{}
	for len(s) > 0 {
		op, cpu := s.byte(), int(s.byte()%cpus)
		switch op % 8 {
		case 0: // any access
			access(r, &s, mmio.Access{CPU: cpu, Off: s.word() & 0x3FFFF, Size: int(s.byte() % 10)}, op)
		case 1, 2, 3: // an access to a register
			access(r, &s, registerAccess(&s, cpu, three, op), op)
		case 4:
			intid := 16 + int(s.byte())%(16+40)
			driven[intid] = op&8 != 0
			inputOf(r, intid).Set(driven[intid])
		case 5:
			takeAndEnd(t, r, &s, cpu)
		case 6:
			if v3, ok := r.(*rigV3); ok {
				reg := sysRegs[int(s.byte())%len(sysRegs)]
				v3.ReadSysReg(cpu, reg)
				v3.WriteSysReg(cpu, reg, s.word()<<16|s.word())
			} else {
				r.setBPR(cpu, int(op>>7), uint64(s.byte()))
			}
		case 7:
			enable(r, &s, cpu)
		}
		checkInvariants(t, r)
		checkInputs(t, r, driven)
	}
	r.reset()
	checkInvariants(t, r)
	checkInputs(t, r, driven)
}

// enable makes an interrupt deliverable, which bare accesses seldom manage.
func enable(r rig, s *script, cpu int) {
	b, intid := s.byte(), int(s.byte())%72
	if b == 0xFF {
		r.reset()
		prepare(r, 2)
		return
	}
	setUp(r, cpu, intid, int(b&1), uint64(b&0xF8))
	if b&2 != 0 {
		edge(r, cpu, intid)
	}
	if b&4 != 0 {
		r.setEOImode(cpu)
	}
}

// registerAccess picks a register off a map, and a size that it has.
func registerAccess(s *script, cpu int, three bool, op byte) mmio.Access {
	m := gicdV2.registers
	switch {
	case three && op&16 != 0:
		m = gicrV3.registers
	case three:
		m = gicdV3.registers
	case op&16 != 0:
		m = giccV2.registers
	}
	reg := m[int(s.byte())%len(m)]
	off := reg.first + (s.word()&0x3FF)%(reg.end()-reg.first)
	size := 4
	if reg.sizes&size8 != 0 && op&32 != 0 {
		size = 1
	}
	a := mmio.Access{CPU: cpu, Off: off &^ uint64(size-1), Size: size}
	if three && op&16 != 0 {
		a.Off += uint64(cpu) * redistSize
	}
	return a
}

// access reads or writes the frame that op says.
func access(r rig, s *script, a mmio.Access, op byte) {
	var d mmio.Device
	switch r := r.(type) {
	case *rigV2:
		d = r.Distributor()
		if op&16 != 0 {
			d = r.CPUInterface()
		}
	case *rigV3:
		d = r.Distributor()
		if op&16 != 0 {
			d = r.Redistributors()
		}
	}
	if op&64 != 0 {
		d.Read(a)
		return
	}
	d.Write(a, s.word()<<32|s.word())
}

// takeAndEnd acknowledges, checks the result against the manual, and perhaps ends
// the interrupt.
func takeAndEnd(t testing.TB, r rig, s *script, cpu int) {
	group := int(s.byte() & 1)
	h, irq, fiq := reference(r, cpu)
	before := r.running(cpu)
	intid := r.ack(cpu, group)
	if taken := (irq || fiq) && int(h.group) == group; !taken {
		// GICC_IAR may serve Group 1 if the script set AckCtl.
		if intid != spurious && intid != int(h.id) {
			t.Fatalf("CPU %d: IAR%d is %d with nothing for it", cpu, group, intid)
		}
		return
	}
	if intid != int(h.id) {
		t.Fatalf("CPU %d: IAR%d is %d, want %d", cpu, group, intid, h.id)
	}
	if r.readBank(cpu, intid, offISACTIVER, 1) == 0 || r.running(cpu) >= before {
		t.Fatalf("CPU %d: INTID %d acknowledged, not active or RPR 0x%x not below 0x%x", cpu, intid, r.running(cpu), before)
	}
	if s.byte()&1 != 0 {
		r.eoi(cpu, group, intid)
		if got := r.running(cpu); got != before {
			t.Fatalf("CPU %d: RPR 0x%x after EOI of %d, 0x%x before its IAR", cpu, got, intid, before)
		}
		r.deactivate(cpu, intid)
		if r.readBank(cpu, intid, offISACTIVER, 1) == 1 {
			t.Fatalf("CPU %d: INTID %d still active after EOI and DIR", cpu, intid)
		}
	}
}

// seeds enable, raise, take and end interrupts of each kind.
func seeds() [][]byte {
	var all []byte
	var s [][]byte
	for _, intid := range []byte{3, 20, 40} {
		for _, flags := range []byte{0x80, 0x41, 0x22, 0xC5} {
			seed := []byte{7, 0, flags, intid, 12, 0, intid - 16, 5, 0, flags & 1, 1, 4, 0, intid - 16, 5, 1, flags & 1, 0}
			s = append(s, seed)
			all = append(all, seed...)
		}
	}
	return append(s, all)
}
