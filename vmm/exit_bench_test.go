package vmm

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

// frequentExits are the exits of a busy guest, and those that a hostile guest may
// repeat, with the registers that they happen with.
var frequentExits = []struct {
	name string
	exit hv.Exit
	x    [4]uint64
}{
	{"PL011Write", uartExit(isv | wnr | sas(4) | srt(1)), [4]uint64{}},
	{"PL011Read", uartExit(isv | sas(4) | srt(1)), [4]uint64{}},
	{"HVC", exception(aarch64.ECHVC64, 0), [4]uint64{psciVersion}},
	{"SMC", exception(aarch64.ECSMC64, 0), [4]uint64{0xc300_0000}},
	{"ICC_IAR1", trap(aarch64.ICC_IAR1_EL1, 1, true), [4]uint64{}},
	{"ICC_EOIR1", trap(aarch64.ICC_EOIR1_EL1, 31, false), [4]uint64{}},
	{"ICC_SGI1R", trap(aarch64.ICC_SGI1R_EL1, 31, false), [4]uint64{}},
	{"CNTP_CVAL", trap(aarch64.CNTP_CVAL_EL0, 31, false), [4]uint64{}},
	{"GICD", hv.Exit{Reason: hv.ExitException, ESR: uartExit(isv | sas(4) | srt(1)).ESR, IPA: boot.GICDBase + 0x100}, [4]uint64{}},
	{"VTimer", hv.Exit{Reason: hv.ExitVTimer}, [4]uint64{}},
	{"Canceled", hv.Exit{Reason: hv.ExitCanceled}, [4]uint64{}},
	{"STPDecoded", uartExit(wnr), [4]uint64{3: boot.UARTBase + 0x24}},
	{"DecodedWrite", decodedExit(true), [4]uint64{}},
	{"DecodedRead", decodedExit(false), [4]uint64{}},
	{"NoDevice", abort(isv|wnr|sas(4)|srt(1), boot.GPIOBase+boot.GPIOSize), [4]uint64{}},
	{"NoSysReg", trap(aarch64.SysRegOf(3, 7, 15, 15, 7), 1, true), [4]uint64{}},
}

// uartExit is an access to UARTIBRD, a register that only keeps its value.
func uartExit(iss uint32) hv.Exit {
	e := abort(iss, boot.UARTBase+0x24)
	e.FAR = e.IPA
	return e
}

// decodedExit is such an access of a backend that decodes it.
func decodedExit(write bool) hv.Exit {
	return hv.Exit{Reason: hv.ExitAccess, IPA: boot.UARTBase + 0x24, Access: hv.Access{Size: 4, Write: write}}
}

// newExits makes a vCPU that always exits for the same reason. The function that it
// returns runs the vCPU through n exits and entries.
func newExits(t testing.TB, exit hv.Exit, x [4]uint64) func(n int) {
	v, cpu := onlineCPU(t, Config{Kernel: bareImage(0xa9000861)}) // stp x1, x2, [x3]
	if err := v.m.powerUp(); err != nil {
		t.Fatal(err)
	}
	v.attach(&decodingCPU{fakeCPU: cpu})
	left := 0
	cpu.h.script = func(c *fakeCPU) hv.Exit {
		if left--; left == 0 {
			v.power = powerOff
			v.look.Store(true)
		}
		copy(c.reg[:], x[:])
		c.reg[hv.RegPC] = codeBase
		return exit
	}
	return func(n int) {
		left, v.power = n, powerOn
		if err := v.runGuest(); err != nil {
			t.Fatal(err)
		}
	}
}

// Nothing is allocated between an exit and the next entry.
func TestExitDoesNotAllocate(t *testing.T) {
	for _, c := range frequentExits {
		run := newExits(t, c.exit, c.x)
		const each = 100
		if n := testing.AllocsPerRun(5, func() { run(each) }); n != 0 {
			t.Errorf("%s: %v allocations in %d exits", c.name, n, each)
		}
	}
}

// BenchmarkExit is the cost of what is above the backend: from an exit to the
// next entry.
func BenchmarkExit(b *testing.B) {
	for _, c := range frequentExits {
		b.Run(c.name, func(b *testing.B) {
			run := newExits(b, c.exit, c.x)
			b.ReportAllocs()
			b.ResetTimer()
			run(b.N)
		})
	}
}

// loop is a guest that executes body n times, and then switches the machine
// off. It keeps x19 and x20 for itself.
func loop(n int, body ...uint32) []uint32 {
	back := -4 * (len(body) + 1)
	return slices.Concat([]uint32{
		0xd2800013 | uint32(n&0xffff)<<5,     // mov x19, #(n & 0xffff)
		0xf2a00013 | uint32(n>>16&0xffff)<<5, // movk x19, #(n >> 16), lsl #16
		0xd2a80054,                           // mov x20, #0x40020000
	}, body, []uint32{
		0xf1000673,                             // subs x19, x19, #1
		0x54000001 | uint32(back/4)&0x7ffff<<5, // b.ne body
	}, guestPowerOff)
}

var softExits = []struct {
	name string
	body []uint32
}{
	{"PL011Write", []uint32{0xb9002681}}, // str w1, [x20, #0x24]
	{"PL011Read", []uint32{0xb9401a81}},  // ldr w1, [x20, #0x18]
	{"GICDRead", []uint32{
		0xd2a80002, // mov x2, #0x40000000
		0xb9400041, // ldr w1, [x2]
	}},
	{"ICC", []uint32{
		0xd538cc00, // mrs x0, ICC_IAR1_EL1
		0xd518cc20, // msr ICC_EOIR1_EL1, x0
	}},
	{"HVC", []uint32{
		0xd2b08000, // mov x0, #0x84000000
		0xd4000002, // hvc #0
	}},
	{"STPDecoded", []uint32{0x29048a81}}, // stp w1, w2, [x20, #0x24]
}

func runLoop(t testing.TB, m *Machine) {
	t.Helper()
	defer m.Close()
	if r, err := m.Run(context.Background()); r != PoweredOff || err != nil {
		t.Fatalf("%v, %v, want %v", r, err, PoweredOff)
	}
}

// The same on the software CPU: what a run allocates does not depend on how
// often it exits.
func TestSoftExitDoesNotAllocate(t *testing.T) {
	for _, c := range softExits {
		allocations := func(n int) uint64 {
			m := softMachine(t, Config{}, loop(n, c.body...)...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			runLoop(t, m)
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs
		}
		allocations(1)
		const n = 20_000
		few, many := allocations(1), allocations(n)
		if many > few+n/20 {
			t.Errorf("%s: %d allocations for one exit, %d for %d", c.name, few, many, n)
		}
	}
}

func BenchmarkSoftExit(b *testing.B) {
	for _, c := range softExits {
		b.Run(c.name, func(b *testing.B) {
			m := softMachine(b, Config{}, loop(b.N, c.body...)...)
			b.ReportAllocs()
			b.ResetTimer()
			runLoop(b, m)
		})
	}
}
