package fake

import (
	"sync"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
	"github.com/miniboot-vmm/miniboot/hvf/internal/dl"
)

// state is struct state of fake.h. It is in C's memory. Only the vCPU's thread
// touches it, in C or here.
type state struct {
	Reg                        [35]uint64
	Dirty                      uint64
	Pending                    uint64
	Masked                     uint64
	Offset                     uint64
	Reason, Syndrome, FAR, IPA uint64
	Waited                     uint64
}

// settings is struct config of fake.h.
type settings struct {
	callbacks
	Handle                             uint64
	MacOS, Seed                        uint64
	UnknownPerMille, UnknownMasks      uint64
	DropRacedCancels, BusyAfterDestroy uint64
	CreateCode, MaxIPABits, EL2, SME   uint64
	PhysicalTimerTraps                 uint64
	UnknownKeepsInputs, IDsDiffer      uint64
	GoHeapLow, GoHeapHigh              uint64
}

// callbacks is struct engine of fake.h: addresses that C can call.
type callbacks struct {
	VMCreate, VMDestroy, Map, Unmap, Protect, VCPUCreate, VCPUDestroy, Run, Kick, GetSys, SetSys, GetQ, SetQ uintptr
	GICCreate, GICReset, GICSetSPI, GICAccess                                                                uintptr
}

// shared is what C reads or writes during a call of the fake's own.
type shared struct {
	settings settings
	text     [240]byte
	exits    []hvf.VCPUExit
}

// makeCallbacks makes the callbacks once, because a process can have only a limited
// number and keeps them all.
//
// unsafe: C passes addresses of live memory: of the guest, of a struct state, or of a
// result.
var makeCallbacks = sync.OnceValue(func() callbacks {
	return callbacks{
		VMCreate:  dl.Callback(func(h, bits uintptr) uintptr { return code(engineOf(h).createVM(int(bits))) }),
		VMDestroy: dl.Callback(func(h uintptr) uintptr { return code(engineOf(h).destroyVM()) }),
		Map: dl.Callback(func(h uintptr, addr unsafe.Pointer, ipa, size, flags uintptr) uintptr {
			mem := unsafe.Slice((*byte)(addr), size)
			return code(engineOf(h).vm.Map(uint64(ipa), mem, hv.Prot(flags)))
		}),
		Unmap: dl.Callback(func(h, ipa, size uintptr) uintptr {
			return code(engineOf(h).vm.Unmap(uint64(ipa), uint64(size)))
		}),
		Protect: dl.Callback(func(h, ipa, size, flags uintptr) uintptr {
			return code(engineOf(h).vm.Protect(uint64(ipa), uint64(size), hv.Prot(flags)))
		}),
		VCPUCreate: dl.Callback(func(h, id uintptr, st unsafe.Pointer) uintptr {
			return code(engineOf(h).createVCPU(int(id), (*state)(st)))
		}),
		VCPUDestroy: dl.Callback(func(h, id uintptr) uintptr { return code(engineOf(h).destroyVCPU(int(id))) }),
		Run:         dl.Callback(func(h, id uintptr) uintptr { engineOf(h).run(int(id)); return 0 }),
		Kick:        dl.Callback(func(h, id uintptr) uintptr { engineOf(h).kick(int(id)); return 0 }),
		GetSys: dl.Callback(func(h, id, reg uintptr, out unsafe.Pointer) uintptr {
			v, err := engineOf(h).cpus[id].Load().sysReg(aarch64.SysReg(reg))
			if err == nil {
				*(*uint64)(out) = v
			}
			return code(err)
		}),
		SetSys: dl.Callback(func(h, id, reg, val uintptr) uintptr {
			return code(engineOf(h).cpus[id].Load().setSysReg(aarch64.SysReg(reg), uint64(val)))
		}),
		GetQ: dl.Callback(func(h, id, n uintptr, out unsafe.Pointer) uintptr {
			v, err := engineOf(h).cpus[id].Load().hv.SIMDReg(int(n))
			*(*[2]uint64)(out) = v
			return code(err)
		}),
		SetQ: dl.Callback(func(h, id, n, lo, hi uintptr) uintptr {
			return code(engineOf(h).cpus[id].Load().hv.SetSIMDReg(int(n), [2]uint64{uint64(lo), uint64(hi)}))
		}),
		GICCreate: dl.Callback(func(h, distributor, redistributors uintptr) uintptr {
			return code(engineOf(h).createGIC(uint64(distributor), uint64(redistributors)))
		}),
		GICReset: dl.Callback(func(h uintptr) uintptr { engineOf(h).gic.Load().reset(); return 0 }),
		GICSetSPI: dl.Callback(func(h, intid, level uintptr) uintptr {
			engineOf(h).gic.Load().setSPI(uint32(intid), level != 0)
			return 0
		}),
		GICAccess: dl.Callback(func(h, id, kind, reg, write uintptr, value unsafe.Pointer) uintptr {
			return code(engineOf(h).gic.Load().access(int(id), int(kind), uint64(reg), write != 0, (*uint64)(value)))
		}),
	}
})

// code returns an error as the engine's return value in C.
func code(err error) uintptr {
	if err != nil {
		return 1
	}
	return 0
}

// word returns a flag as C's u64.
func word(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// configure tells the library how to behave.
//
// unsafe: shared is on the heap with f, and C copies the settings.
func (f *Fake) configure(opt Options) {
	f.shared.settings = settings{
		callbacks: makeCallbacks(), Handle: f.engine.handle, MacOS: uint64(number(opt.MacOS)), Seed: opt.Seed,
		UnknownPerMille: uint64(opt.UnknownPerMille), UnknownMasks: word(opt.UnknownMasks),
		DropRacedCancels: word(opt.DropRacedCancels), BusyAfterDestroy: uint64(opt.BusyAfterDestroy),
		CreateCode: uint64(opt.CreateCode), MaxIPABits: uint64(opt.MaxIPABits), EL2: word(opt.EL2), SME: word(opt.SME),
		PhysicalTimerTraps: word(opt.PhysicalTimerTraps), UnknownKeepsInputs: word(opt.UnknownKeepsInputs),
		IDsDiffer: word(opt.IDsDiffer),
	}
	s := &f.shared.settings
	s.GoHeapLow, s.GoHeapHigh = goHeap()
	f.lib.Call(&ccall.Frame{Fn: f.lib.Symbol("fake_configure"), Args: [4]uintptr{uintptr(unsafe.Pointer(s))}})
}

// heapSample is on the heap.
var heapSample = new([1 << 16]byte)

// goHeap guesses the addresses of the Go heap: those that have their upper bits in
// common with one that is in it. The runtime's arenas have these bits for themselves.
//
// unsafe: addresses are used as numbers only.
func goHeap() (low, high uint64) {
	const span = 1 << 36
	low = uint64(uintptr(unsafe.Pointer(heapSample))) &^ (span - 1)
	return low, low + span
}

// violation removes and returns the oldest violation.
//
// unsafe: the buffer is on the heap with f, and C knows its size.
func (f *Fake) violation() (Violation, bool) {
	text := &f.shared.text
	c := &ccall.Frame{Fn: f.lib.Symbol("fake_violation"), Args: [4]uintptr{uintptr(unsafe.Pointer(text)), uintptr(len(text))}}
	f.lib.Call(c)
	n := 0
	for n < len(text) && text[n] != 0 {
		n++
	}
	return Violation{Rule: int(int32(c.Ret)), Text: string(text[:n])}, int32(c.Ret) != 0
}

// script hands exits to the library, which copies them.
//
// unsafe: the exits are on the heap because f keeps them. An hvf.VCPUExit has C's
// layout.
func (f *Fake) script(exits []hvf.VCPUExit, limit int) {
	f.shared.exits = exits
	p := unsafe.Pointer(unsafe.SliceData(f.shared.exits))
	f.lib.Call(&ccall.Frame{Fn: f.lib.Symbol("fake_script"), Args: [4]uintptr{uintptr(p), uintptr(len(exits)), uintptr(limit)}})
}
