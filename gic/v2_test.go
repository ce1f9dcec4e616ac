package gic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
)

func (r *rigV2) gicd(cpu int, off uint64, size int) uint64 {
	return r.Distributor().Read(mmio.Access{CPU: cpu, Off: off, Size: size})
}

func (r *rigV2) setGICD(cpu int, off uint64, size int, v uint64) {
	r.Distributor().Write(mmio.Access{CPU: cpu, Off: off, Size: size}, v)
}

func TestNewV2Refuses(t *testing.T) {
	_, err := NewV2(Config{CPUs: 9})
	if err == nil || !strings.HasPrefix(err.Error(), "gic: 9 CPUs, GICv2 takes 1 to 8") {
		t.Errorf("NewV2 with 9 CPUs: %v", err)
	}
}

// What Linux's irq-gic.c does before its first interrupt, step by step.
func TestV2LinuxProbe(t *testing.T) {
	r := newRigV2(t, 4, 96)
	want(t, "GICC_IIDR, as Linux tells a GICv2", r.read(0, 0xFC)&0xFF0FFF, 0x02043B)
	want(t, "ICPIDR2.ArchRev", r.gicd(0, 0xFE8, 4)&0xF0, 0x20)
	want(t, "GICD_TYPER", r.gicd(0, 4, 4), 3|3<<5)
	for cpu := range 4 {
		for off := uint64(0x800); off < 0x820; off += 4 { // which CPU am I
			want(t, "GICD_ITARGETSR0-7", r.gicd(cpu, off, 4), 0x01010101<<cpu)
		}
	}
	for off := uint64(0x820); off < 0x880; off += 4 {
		r.setGICD(0, off, 4, 0x01010101)
		want(t, "GICD_ITARGETSR", r.gicd(0, off, 4), 0x01010101)
	}
	for off := uint64(0x420); off < 0x480; off += 4 {
		r.setGICD(0, off, 4, 0xA0A0A0A0)
	}
	r.setGICD(0, 0, 4, 1)
	for cpu := range 4 {
		r.setGICD(cpu, 0x180, 4, 0xFFFF0000)
		r.setGICD(cpu, 0x100, 4, 0xFFFF)
		for off := uint64(0x400); off < 0x420; off += 4 {
			r.setGICD(cpu, off, 4, 0xA0A0A0A0)
		}
		r.write(cpu, 0x4, 0xF0)
		r.write(cpu, 0xD0, 0) // GICC_APR0 to 3
		r.write(cpu, 0xD4, 0)
		r.write(cpu, 0xD8, 0)
		r.write(cpu, 0xDC, 0)
		r.write(cpu, 0x0, r.read(cpu, 0)&0x1E0|1) // keep the bypass bits
	}
	r.setGICD(2, 0xF00, 4, 1<<(16+3)|7)
	signals(t, r, 3, "IPI", true, false) // Group 0 as IRQ: FIQEn is 0
	want(t, "GICC_IAR", r.read(3, 0xC), 2<<10|7)
	r.write(3, 0x10, 2<<10|7)
	want(t, "GICC_RPR", r.read(3, 0x14), 0xFF)
	want(t, "bad accesses", r.BadAccesses(), 0)
}

// GICD_SGIR, IHI 0048 4.3.15.
func TestV2SGIR(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    uint64
		want []int // with CPU 1 of 4 sending
	}{
		{"list of none", 0, nil},
		{"list", 0b0101 << 16, []int{0, 2}},
		{"list with self and CPUs that are not there", 0xF2 << 16, []int{1}},
		{"all but self", 1<<24 | 0xFF<<16, []int{0, 2, 3}},
		{"self", 2 << 24, []int{1}},
		{"reserved filter", 3<<24 | 0xFF<<16, nil},
	} {
		r := newRigV2(t, 4, 0)
		r.setGICD(1, 0xF00, 4, tt.v|6)
		var got []int
		for i := range r.cpus {
			if r.gicd(i, 0x200, 4) == 1<<6 {
				want(t, tt.name+": SPENDSGIR", r.gicd(i, 0xF24, 4), 1<<1<<16)
				got = append(got, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s, 0x%x: SGI 6 pends on CPUs %v, want %v", tt.name, tt.v, got, tt.want)
		}
	}
}

// An SGI is pending once for each CPU that sent it (IHI 0048, 4.3.16, 4.3.17).
func TestV2SGISources(t *testing.T) {
	r := newRigV2(t, 4, 0)
	prepare(r, 4)
	for _, from := range []int{3, 0, 3, 2} {
		r.sgi(from, 1, 4)
	}
	want(t, "SPENDSGIR4", r.gicd(1, 0xF24, 1)&0xFF, 0b1101)
	want(t, "CPENDSGIR4", r.gicd(1, 0xF14, 1)&0xFF, 0b1101)
	want(t, "SPENDSGIR4 of another CPU", r.gicd(0, 0xF24, 1), 0)
	want(t, "HPPIR", r.read(1, 0x18), 0<<10|4)
	r.setGICD(1, 0xF14, 1, 0b0001) // CPENDSGIR
	r.setGICD(1, 0xF24, 1, 0b0010) // SPENDSGIR, from itself
	r.setGICD(1, 0xF24, 1, 0xF0)   // no such CPUs
	r.setGICD(1, 0x280, 4, ^uint64(0))
	for _, from := range []uint64{1, 2, 3} {
		signals(t, r, 1, "SGI pending", false, true)
		want(t, "IAR", r.read(1, 0xC), from<<10|4)
		signals(t, r, 1, "SGI active", false, false)
		r.write(1, 0x10, from<<10|4)
	}
	want(t, "IAR", r.read(1, 0xC), spurious)
	r.setGICD(1, 0x200, 4, 0xFFFF)
	want(t, "ISPENDR0 is RO for SGIs", r.gicd(1, 0x200, 4), 0)
	r.setGICD(1, 0xF20, 4, 0x08040201)
	want(t, "SPENDSGIR0, a word", r.gicd(1, 0xF20, 4), 0x08040201)
	r.setGICD(1, 0xF10, 4, 0x08000001)
	want(t, "CPENDSGIR0, a word", r.gicd(1, 0xF10, 4), 0x00040200)
	want(t, "ISPENDR0", r.gicd(1, 0x200, 4), 0b0110)
}

// SGIs are permanently enabled, PPIs are not (IHI 0048, 4.3.5).
func TestV2SGIsStayEnabled(t *testing.T) {
	r := newRigV2(t, 1, 32)
	r.setGICD(0, 0x180, 4, ^uint64(0))
	want(t, "ISENABLER0", r.gicd(0, 0x100, 4), 0xFFFF)
	r.setGICD(0, 0x100, 4, ^uint64(0))
	want(t, "ISENABLER0", r.gicd(0, 0x100, 4), 0xFFFFFFFF)
}

// GICD_ITARGETSR, IHI 0048 4.3.12: of several targets the first to acknowledge gets it.
func TestV2Targets(t *testing.T) {
	r := newRigV2(t, 3, 34)
	prepare(r, 3)
	setUp(r, 0, 33, group1, 0x40)
	in := r.SPI(1)
	in.Set(true)
	for targets := range uint64(256) {
		r.setGICD(0, 0x821, 1, targets)
		want(t, "ITARGETSR", r.gicd(0, 0x821, 1), targets&7)
		want(t, "the word", r.gicd(0, 0x820, 4), (targets&7)<<8)
		for cpu := range 3 {
			signals(t, r, cpu, fmt.Sprintf("targets 0x%x", targets), targets>>cpu&1 != 0, false)
		}
	}
	want(t, "the first AIAR", r.read(1, 0x20), 33)
	want(t, "the second AIAR", r.read(2, 0x20), spurious)
	for cpu := range 3 {
		signals(t, r, cpu, "taken", false, false)
	}
	r.setGICD(0, 0x840, 4, 0x07070707) // SPIs 32 and 33 are there, 34 and 35 not
	want(t, "ITARGETSR16", r.gicd(0, 0x840, 4), 0x0707)
	r.setGICD(0, 0x860, 4, ^uint64(0)) // no bank
	want(t, "ITARGETSR24", r.gicd(0, 0x860, 4), 0)
	r.setGICD(2, 0x800, 4, 0) // RO
	want(t, "ITARGETSR0", r.gicd(2, 0x800, 4), 0x04040404)
}

func TestV2Uniprocessor(t *testing.T) {
	r := newRigV2(t, 1, 32)
	prepare(r, 1)
	want(t, "ITARGETSR0", r.gicd(0, 0x800, 4), 0)
	setUp(r, 0, 32, group1, 0x40)
	r.setGICD(0, 0x820, 4, 0)
	want(t, "ITARGETSR8", r.gicd(0, 0x820, 4), 0)
	r.SPI(0).Set(true)
	signals(t, r, 0, "SPI without targets", true, false)
}

// GICC_CTLR.AckCtl and the aliased registers, IHI 0048 4.4.4 and 4.4.11.
func TestV2AckCtl(t *testing.T) {
	for _, tt := range []struct {
		name       string
		ackCtl     uint64
		group      int
		iar, aiar  uint64 // also what HPPIR and AHPPIR read
		eoir, aeoi bool   // whether it drops the priority
	}{
		{"group 0", 0, group0, 40, spurious, true, false},
		{"group 1", 0, group1, intidGroup1, 40, false, true},
		{"group 0, AckCtl", giccAckCtl, group0, 40, spurious, true, false},
		{"group 1, AckCtl", giccAckCtl, group1, 40, 40, true, true},
	} {
		for alias := range 2 {
			r := newRigV2(t, 1, 32)
			prepare(r, 1)
			r.write(0, 0, giccEnableGrp0|giccEnableGrp1|tt.ackCtl)
			setUp(r, 0, 40, tt.group, 0x40)
			r.bank(0, 40, offISPENDR, 1, 1)
			iar, hppir, eoir := uint64(0x0C), uint64(0x18), uint64(0x10)
			wantID, wantEOI := tt.iar, tt.eoir
			if alias == 1 {
				iar, hppir, eoir = 0x20, 0x28, 0x24
				wantID, wantEOI = tt.aiar, tt.aeoi
			}
			name := fmt.Sprintf("%s, register 0x%x", tt.name, iar)
			want(t, name+": HPPIR", r.read(0, hppir), wantID)
			want(t, name+": IAR", r.read(0, iar), wantID)
			if wantID != 40 {
				state(t, r, 0, 40, name, 1, 0)
				r.read(0, 0x20-iar+0x0C) // the register that does
			}
			state(t, r, 0, 40, name, 0, 1)
			r.write(0, eoir, 40)
			want(t, name+": dropped", r.read(0, 0x14) == idlePriority, wantEOI)
		}
	}
}

// GICC_CTLR.FIQEn routes Group 0; the other fields are kept.
func TestV2CTLR(t *testing.T) {
	r := newRigV2(t, 1, 32)
	prepare(r, 1)
	setUp(r, 0, 40, group0, 0x40)
	r.bank(0, 40, offISPENDR, 1, 1)
	r.write(0, 0, giccEnableGrp0)
	signals(t, r, 0, "FIQEn 0", true, false)
	r.write(0, 0, giccEnableGrp0|giccFIQEn)
	signals(t, r, 0, "FIQEn 1", false, true)
	r.write(0, 0, giccEnableGrp1|giccFIQEn)
	signals(t, r, 0, "group 0 disabled", false, false)
	r.write(0, 0, ^uint64(0))
	want(t, "GICC_CTLR", r.read(0, 0), 0x3FF)
}

// GICC_CTLR.CBPR makes GICC_BPR serve Group 1; GICC_ABPR keeps its value.
func TestV2CommonBinaryPoint(t *testing.T) {
	r := newRigV2(t, 1, 32)
	prepare(r, 1)
	r.write(0, 0x1C, 3)
	r.write(0, 0x08, 5) // 0x40 steps
	setUp(r, 0, 40, group1, 0x60)
	setUp(r, 0, 41, group1, 0x40)
	r.bank(0, 40, offISPENDR, 1, 1)
	want(t, "AIAR", r.read(0, 0x20), 40)
	r.bank(0, 41, offISPENDR, 1, 1)
	signals(t, r, 0, "GICC_ABPR decides", true, false)
	r.write(0, 0, r.read(0, 0)|giccCBPR)
	want(t, "GICC_ABPR", r.read(0, 0x1C), 3)
	r.write(0, 0xE0, 0) // forget the 0x60, then take it anew
	r.bank(0, 41, offICPENDR, 1, 1)
	r.bank(0, 40, offICACTIVER, 1, 1)
	r.bank(0, 40, offISPENDR, 1, 1)
	want(t, "AIAR", r.read(0, 0x20), 40)
	r.bank(0, 41, offISPENDR, 1, 1)
	signals(t, r, 0, "GICC_BPR decides", false, false)
}

// A CPU that does not exist has no registers.
func TestV2NoSuchCPU(t *testing.T) {
	r := newRigV2(t, 2, 32)
	for _, cpu := range []int{-1, 2, 8} {
		before := r.BadAccesses()
		want(t, "GICC_IIDR", r.read(cpu, 0xFC), 0)
		want(t, "GICD_TYPER", r.gicd(cpu, 4, 4), 0)
		r.write(cpu, 0, 1)
		r.setGICD(cpu, 0, 4, 1)
		want(t, "bad accesses", r.BadAccesses()-before, 4)
	}
	want(t, "GICD_CTLR", r.gicd(0, 0, 4), 0)
}
