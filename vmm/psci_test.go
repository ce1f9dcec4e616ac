package vmm

import (
	"math/bits"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// minus is a return code as a guest finds it in X0.
func minus(n int) uint64 { return uint64(-n) }

// Functions that change nothing but X0: by HVC, where the PC is past the
// instruction already, and by SMC, where it is not.
func TestCallResults(t *testing.T) {
	const (
		on      = 0x8400_0003
		on64    = 0xc400_0003
		info    = 0x8400_0004
		info64  = 0xc400_0004
		suspend = 0x8400_0001
		feature = 0x8400_000a
		high    = 0xdead_beef << 32 // what a 32-bit call ignores
	)
	for _, c := range []struct {
		name string
		x    [4]uint64
		want uint64
	}{
		{"PSCI_VERSION", [4]uint64{0x8400_0000}, 0x1_0001},
		{"PSCI_VERSION, upper half of X0 set", [4]uint64{high | 0x8400_0000}, 0x1_0001},
		{"PSCI_VERSION has no 64-bit variant", [4]uint64{0xc400_0000}, minus(1)},
		{"SMCCC_VERSION", [4]uint64{0x8000_0000}, 0x1_0001},
		{"SMCCC_ARCH_FEATURES of SMCCC_VERSION", [4]uint64{0x8000_0001, 0x8000_0000}, 0},
		{"SMCCC_ARCH_FEATURES of itself", [4]uint64{0x8000_0001, 0x8000_0001}, 0},
		{"SMCCC_ARCH_FEATURES of SOC_ID", [4]uint64{0x8000_0001, 0x8000_0002}, minus(1)},
		{"SMCCC_ARCH_WORKAROUND_1", [4]uint64{0x8000_8000}, minus(1)},
		{"MIGRATE_INFO_TYPE", [4]uint64{0x8400_0006}, 2},
		{"MIGRATE", [4]uint64{0x8400_0005}, minus(1)},
		{"CPU_FREEZE", [4]uint64{0x8400_000b}, minus(1)},
		{"SYSTEM_SUSPEND", [4]uint64{0xc400_000e}, minus(1)},
		{"MEM_PROTECT", [4]uint64{0x8400_0013}, minus(1)},
		{"SYSTEM_OFF2 of PSCI 1.3", [4]uint64{0xc400_0015}, minus(1)},
		{"SYSTEM_RESET2 vendor type", [4]uint64{0x8400_0012, 0x8000_0000}, minus(2)},
		{"SYSTEM_RESET2 64 vendor type", [4]uint64{0xc400_0012, 0x8000_0000}, minus(2)},
		{"SYSTEM_RESET2 unknown type", [4]uint64{0x8400_0012, 1}, minus(2)},
		{"OEM service", [4]uint64{0xc300_0000}, minus(1)},
		{"zero", [4]uint64{}, minus(1)},
		{"all ones", [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}, minus(1)},

		{"CPU_ON self", [4]uint64{on64, 0, imageBase, 0}, minus(4)},
		{"CPU_ON no such CPU", [4]uint64{on64, 3, imageBase, 0}, minus(2)},
		{"CPU_ON Aff3 set", [4]uint64{on64, 1<<32 | 1, imageBase, 0}, minus(2)},
		{"CPU_ON 32, upper halves set", [4]uint64{high | on, high, high | imageBase, 0}, minus(4)},
		{"CPU_ON reserved bits of the MPIDR", [4]uint64{on64, 1<<31 | 1, imageBase, 0}, minus(2)},
		{"CPU_ON entry at a device", [4]uint64{on64, 1, 0x4002_0000, 0}, minus(9)},
		{"CPU_ON entry past the memory", [4]uint64{on64, 1, MinMemory, 0}, minus(9)},
		{"CPU_ON entry half past the memory", [4]uint64{on64, 1, MinMemory - 2, 0}, minus(9)},
		{"AFFINITY_INFO self", [4]uint64{info64, 0, 0}, 0},
		{"AFFINITY_INFO off", [4]uint64{info64, 1, 0}, 1},
		{"AFFINITY_INFO 32 off", [4]uint64{info, high | 1, high}, 1},
		{"AFFINITY_INFO level above 31 bits", [4]uint64{info64, 1, high}, 1},
		{"AFFINITY_INFO no such CPU", [4]uint64{info64, 3, 0}, minus(2)},
		{"AFFINITY_INFO level 1", [4]uint64{info64, 0, 1}, minus(2)},
		{"CPU_SUSPEND power down", [4]uint64{suspend, 1 << 16, imageBase, 0}, minus(2)},
		{"CPU_SUSPEND of a cluster", [4]uint64{suspend, 1 << 24, imageBase, 0}, minus(2)},
		{"CPU_SUSPEND reserved bits", [4]uint64{suspend | 1<<30, 1 << 31, imageBase, 0}, minus(2)},

		{"FEATURES VERSION", [4]uint64{feature, 0x8400_0000}, 0},
		{"FEATURES CPU_SUSPEND", [4]uint64{feature, 0x8400_0001}, 0},
		{"FEATURES CPU_SUSPEND 64", [4]uint64{feature, 0xc400_0001}, 0},
		{"FEATURES CPU_OFF", [4]uint64{feature, 0x8400_0002}, 0},
		{"FEATURES CPU_OFF has no 64-bit variant", [4]uint64{feature, 0xc400_0002}, minus(1)},
		{"FEATURES CPU_ON", [4]uint64{feature, 0x8400_0003}, 0},
		{"FEATURES CPU_ON 64", [4]uint64{feature, 0xc400_0003}, 0},
		{"FEATURES AFFINITY_INFO", [4]uint64{feature, 0x8400_0004}, 0},
		{"FEATURES AFFINITY_INFO 64", [4]uint64{feature, 0xc400_0004}, 0},
		{"FEATURES MIGRATE", [4]uint64{feature, 0x8400_0005}, minus(1)},
		{"FEATURES MIGRATE_INFO_TYPE", [4]uint64{feature, 0x8400_0006}, 0},
		{"FEATURES SYSTEM_OFF", [4]uint64{feature, 0x8400_0008}, 0},
		{"FEATURES SYSTEM_RESET", [4]uint64{feature, 0x8400_0009}, 0},
		{"FEATURES FEATURES", [4]uint64{feature, 0x8400_000a}, 0},
		{"FEATURES SYSTEM_SUSPEND", [4]uint64{feature, 0x8400_000e}, minus(1)},
		{"FEATURES SYSTEM_RESET2", [4]uint64{feature, 0x8400_0012}, 0},
		{"FEATURES SYSTEM_RESET2 64", [4]uint64{feature, 0xc400_0012}, 0},
		{"FEATURES SMCCC_VERSION", [4]uint64{feature, 0x8000_0000}, 0},
		{"FEATURES TRNG_VERSION", [4]uint64{feature, 0x8400_0050}, minus(1)},

		{"TRNG_VERSION", [4]uint64{0x8400_0050}, 0x1_0000},
		{"TRNG_FEATURES VERSION", [4]uint64{0x8400_0051, 0x8400_0050}, 0},
		{"TRNG_FEATURES FEATURES", [4]uint64{0x8400_0051, 0x8400_0051}, 0},
		{"TRNG_FEATURES GET_UUID", [4]uint64{0x8400_0051, 0x8400_0052}, 0},
		{"TRNG_FEATURES RND", [4]uint64{0x8400_0051, 0x8400_0053}, 0},
		{"TRNG_FEATURES RND 64", [4]uint64{0x8400_0051, 0xc400_0053}, 0},
		{"TRNG_FEATURES of PSCI", [4]uint64{0x8400_0051, 0x8400_0000}, minus(1)},
		{"TRNG_RND of no bits", [4]uint64{0x8400_0053, 0}, minus(2)},
		{"TRNG_RND of 97 bits", [4]uint64{0x8400_0053, 97}, minus(2)},
		{"TRNG_RND 64 of 193 bits", [4]uint64{0xc400_0053, 193}, minus(2)},
		{"TRNG_RND 64 of all bits", [4]uint64{0xc400_0053, ^uint64(0)}, minus(2)},
	} {
		for _, by := range []aarch64.EC{aarch64.ECHVC64, aarch64.ECSMC64} {
			v, cpu := onlineCPU(t, Config{VCPUs: 2})
			copy(cpu.reg[:], c.x[:])
			mustHandle(t, v, exception(by, 0))
			if got := cpu.reg[0]; got != c.want {
				t.Errorf("%s by %v: X0 is 0x%x, want 0x%x", c.name, by, got, c.want)
			}
			if [3]uint64(cpu.reg[1:4]) != [3]uint64(c.x[1:4]) {
				t.Errorf("%s by %v: X1 to X3 are %x, want %x", c.name, by, cpu.reg[1:4], c.x[1:4])
			}
			pc := uint64(codeBase)
			if by == aarch64.ECSMC64 {
				pc += 4
			}
			if got := cpu.reg[hv.RegPC]; got != pc {
				t.Errorf("%s by %v: PC is 0x%x, want 0x%x", c.name, by, got, pc)
			}
		}
	}
}

// CPU_ON takes a CPU from off by way of pending to on.
func TestCPUOn(t *testing.T) {
	v, cpu := onlineCPU(t, Config{VCPUs: 20})
	call := func(x ...uint64) uint64 {
		copy(cpu.reg[:], x)
		mustHandle(t, v, exception(aarch64.ECHVC64, 0))
		return cpu.reg[0]
	}
	const target = 1<<8 | 3 // the twentieth: Aff1 counts sixteens
	for _, step := range []struct {
		name string
		x    []uint64
		want uint64
	}{
		{"AFFINITY_INFO", []uint64{0xc400_0004, target, 0}, 1},
		{"CPU_ON", []uint64{0xc400_0003, target, imageBase, 0x1_2345_6789}, 0},
		{"CPU_ON again", []uint64{0xc400_0003, target, imageBase + 4, 0}, minus(5)},
		{"AFFINITY_INFO pending", []uint64{0x8400_0004, target, 0}, 2},
	} {
		if got := call(step.x...); got != step.want {
			t.Errorf("%s: X0 is 0x%x, want 0x%x", step.name, got, step.want)
		}
	}
	w := v.m.vcpus[19]
	if w.power != powerOnPending || w.entry != imageBase || w.context != 0x1_2345_6789 {
		t.Errorf("the target has power %d, entry 0x%x, context 0x%x", w.power, w.entry, w.context)
	}
	w.power = powerOn
	if got := call(0xc400_0003, target, imageBase); got != minus(4) {
		t.Errorf("CPU_ON of one that is on: X0 is 0x%x, want ALREADY_ON", got)
	}
	if got := call(0xc400_0004, target, 0); got != 0 {
		t.Errorf("AFFINITY_INFO of one that is on: X0 is 0x%x, want 0", got)
	}
	if err := w.start(); err != nil {
		t.Fatal(err)
	}
	started := w.hv.(*fakeCPU)
	if started.reg[hv.RegPC] != imageBase || started.reg[0] != 0x1_2345_6789 || started.reg[hv.RegCPSR] != 0x3c5 ||
		started.sys[aarch64.SCTLR_EL1] != 0x30d0_0800 || started.sys[aarch64.MPIDR_EL1] != 1<<31|target {
		t.Errorf("the target starts with PC 0x%x, X0 0x%x, CPSR 0x%x, SCTLR 0x%x, MPIDR 0x%x", started.reg[hv.RegPC],
			started.reg[0], started.reg[hv.RegCPSR], started.sys[aarch64.SCTLR_EL1], started.sys[aarch64.MPIDR_EL1])
	}
}

// A CPU may be switched on by another one before it has noticed its own CPU_OFF. It
// must start at the new entry, and not go on after that call.
func TestCPUOnBeforeOffIsSeen(t *testing.T) {
	v, cpu := onlineCPU(t, Config{VCPUs: 2})
	cpu.reg[0] = 0x8400_0002
	mustHandle(t, v, exception(aarch64.ECHVC64, 0))
	w := v.m.vcpus[1]
	w.power = powerOn
	if got := w.cpuOn(0, imageBase, 7); got != psciSuccess {
		t.Fatalf("CPU_ON: 0x%x, want success", got)
	}
	if on, err := v.checkpoint(); on || err != nil {
		t.Errorf("checkpoint says on %v, %v: want it to leave the guest and start anew", on, err)
	}
}

// A CPU that a reset has switched off in the meantime cannot switch on another.
func TestCPUOnDuringReset(t *testing.T) {
	v, _ := onlineCPU(t, Config{VCPUs: 2})
	v.power = powerOff
	if got := v.cpuOn(1, imageBase, 0); got != psciDenied || v.m.vcpus[1].power != powerOff {
		t.Errorf("CPU_ON: 0x%x and the target's power is %d, want DENIED and off", got, v.m.vcpus[1].power)
	}
}

// Functions that end a CPU or the machine leave X0 alone, and tell Run.
func TestCallsThatDoNotReturn(t *testing.T) {
	const nothing = 0xff
	for _, c := range []struct {
		name string
		x    [2]uint64
		want request
	}{
		{"CPU_OFF", [2]uint64{0x8400_0002}, nothing},
		{"SYSTEM_OFF", [2]uint64{0x8400_0008}, requestPowerOff},
		{"SYSTEM_RESET", [2]uint64{0x8400_0009}, requestReset},
		{"SYSTEM_RESET2", [2]uint64{0x8400_0012}, requestReset},
		{"SYSTEM_RESET2 64", [2]uint64{0xc400_0012}, requestReset},
	} {
		v, cpu := onlineCPU(t, Config{})
		copy(cpu.reg[:], c.x[:])
		mustHandle(t, v, exception(aarch64.ECHVC64, 0))
		got := request(nothing)
		select {
		case got = <-v.m.requests:
		default:
		}
		if got != c.want || cpu.reg[0] != c.x[0] || v.power != powerOff || !v.look.Load() {
			t.Errorf("%s: request %d (want %d), X0 0x%x, power %d, look %v", c.name, got, c.want, cpu.reg[0], v.power, v.look.Load())
		}
	}
}

// Only the first request counts. Later ones do not block.
func TestRequestsDoNotBlock(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	for i := range 100 {
		cpu.reg[0] = psciSystemReset
		if i == 0 {
			cpu.reg[0] = psciSystemOff
		}
		mustHandle(t, v, exception(aarch64.ECHVC64, 0))
	}
	if r := <-v.m.requests; r != requestPowerOff {
		t.Errorf("request %d, want the first, %d", r, requestPowerOff)
	}
}

// TRNG_RND puts the lowest bits into X3, and zero above the n that were asked
// for. Many draws find every bit that can be one.
func TestTRNGRandom(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	for _, c := range []struct{ fid, width uint64 }{{trngRnd, 32}, {trngRnd | smccc64, 64}} {
		for n := uint64(1); n <= 3*c.width; n++ {
			var seen [3]uint64 // X3, X2, X1
			for range 64 {
				copy(cpu.reg[:], []uint64{c.fid, n, ^uint64(0), ^uint64(0)})
				mustHandle(t, v, exception(aarch64.ECHVC64, 0))
				if cpu.reg[0] != 0 {
					t.Fatalf("TRNG_RND 0x%x of %d bits: X0 is 0x%x", c.fid, n, cpu.reg[0])
				}
				for i := range seen {
					seen[i] |= cpu.reg[3-i]
				}
			}
			for i, bitsSeen := range seen {
				have := min(max(int(n)-i*int(c.width), 0), int(c.width))
				if want := uint64(1)<<have - 1; bitsSeen != want {
					t.Errorf("TRNG_RND 0x%x of %d bits: X%d had bits 0x%x, want 0x%x", c.fid, n, 3-i, bitsSeen, want)
				}
			}
		}
	}
}

func TestTRNGUUID(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	cpu.reg[0] = trngGetUUID
	mustHandle(t, v, exception(aarch64.ECSMC64, 0))
	for i := range 4 {
		if w := cpu.reg[i]; w == 0 || bits.Len64(w) > 32 || uint32(w) == ^uint32(0) {
			t.Errorf("X%d is 0x%x, want 32 bits of a UUID", i, w)
		}
	}
}
