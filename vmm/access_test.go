package vmm

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

// Accesses that the backend has decoded: what the device sees, and what the
// backend is told. The machine touches no register.
func TestDecodedAccess(t *testing.T) {
	load := func(size uint8) hv.Access { return hv.Access{Size: size} }
	finished := func(data uint64) accessEnds { return accessEnds{Finished: 1, Data: data} }
	aborted := accessEnds{Aborted: 1}
	store := func(size uint8, data uint64) hv.Access { return hv.Access{Size: size, Data: data, Write: true} }
	for _, c := range []struct {
		name   string
		ipa    uint64
		access hv.Access
		device []string
		end    accessEnds
	}{
		{"a byte is read", scratchBase + 0x11, load(1), []string{"r1 +11 cpu0"}, finished(0x89)},
		{"a halfword is read", scratchBase + 0x10, load(2), []string{"r2 +10 cpu0"}, finished(0x8988)},
		{"a word is read", scratchBase + 0x10, load(4), []string{"r4 +10 cpu0"}, finished(0x8b8a8988)},
		{"a doubleword is read", scratchBase + 0x10, load(8), []string{"r8 +10 cpu0"}, finished(0x8f8e8d8c8b8a8988)},
		{"a byte is written", scratchBase + 0x23, store(1, 0x88), []string{"w1 +23=88 cpu0"}, finished(0x0)},
		{"a doubleword is written", scratchBase + 0x20, store(8, 1<<63|1), []string{"w8 +20=8000000000000001 cpu0"}, finished(0x0)},
		{"nothing is read", 0x7000_0000, load(4), nil, aborted},
		{"nothing is written", 0x7000_0000, store(4, 1), nil, aborted},
		{"across a device's end", boot.UARTBase + boot.UARTSize - 4, load(8), nil, aborted},
	} {
		dev := &scratch{}
		binary.LittleEndian.PutUint64(dev.mem[0x10:], 0x8f8e8d8c_8b8a8988)
		v, cpu := onlineCPUWith(t, dev, Config{})
		d := &decodingCPU{fakeCPU: cpu}
		v.attach(d)
		before := cpu.reg
		mustHandle(t, v, hv.Exit{Reason: hv.ExitAccess, IPA: c.ipa, Access: c.access})
		if diff := cmp.Diff(c.device, dev.log); diff != "" {
			t.Errorf("%s: accesses -want +got\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.end, d.ends); diff != "" || cpu.reg != before {
			t.Errorf("%s: registers changed: %t; its end -want +got\n%s", c.name, cpu.reg != before, diff)
		}
	}
}

// A backend that cannot end an access ends the machine.
func TestDecodedAccessErrors(t *testing.T) {
	boom := errors.New("boom")
	for ipa, want := range map[uint64]string{
		boot.UARTBase: "vmm: vcpu 0: finish an access: boom",
		0x7000_0000:   "vmm: vcpu 0: abort an access: boom",
	} {
		v, cpu := onlineCPU(t, Config{})
		v.attach(&decodingCPU{fakeCPU: cpu})
		cpu.broken = boom
		err := v.handle(hv.Exit{Reason: hv.ExitAccess, IPA: ipa, Access: hv.Access{Size: 4}})
		if !errors.Is(err, boom) || err.Error() != want {
			t.Errorf("at 0x%x: %v, want %s", ipa, err, want)
		}
	}
}

// A backend that answers PSCI itself says so, and the machine does it.
func TestSystemEvents(t *testing.T) {
	for reason, want := range map[hv.ExitReason]Reason{hv.ExitPowerOff: PoweredOff, hv.ExitReset: ResetRequested} {
		h := &fakeHypervisor{script: func(*fakeCPU) hv.Exit { return hv.Exit{Reason: reason} }}
		m := newTestMachine(t, h, Config{NoReset: true})
		if got, err := m.Run(t.Context()); got != want || err != nil {
			t.Errorf("exit %v: %v, %v, want %v", reason, got, err, want)
		}
	}
}
