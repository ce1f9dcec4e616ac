package hvtest

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var memoryCases = []Case{
	{"memory/errors", checkMapErrors},
	{"memory/read-only", checkReadOnly},
	{"memory/no-exec", checkNoExec},
	{"memory/dirty-tracking", checkDirtyTracking},
	{"memory/protect-splits", checkProtectSplits},
	{"memory/unmap", checkUnmap},
	{"memory/remap", checkRemap},
	{"memory/remap-code", checkRemapCode},
	{"memory/several-mappings", checkSeveralMappings},
	{"memory/unmap-running", checkUnmapRunning},
	{"memory/protect-running", checkProtectRunning},
	{"memory/remap-running", checkRemapRunning},
}

const (
	rw  = hv.ProtRead | hv.ProtWrite
	rwx = rw | hv.ProtExec
)

// extra is where cases map memory of their own.
const extra = 0x9000_0000

// checkMapErrors: a call with wrong arguments fails and changes nothing.
func checkMapErrors(g *guest) {
	m := g.newMemory(4 * hv.PageSize)
	b, vm := m.b, g.vm
	g.ok("Map", vm.Map(extra+hv.PageSize, b[:2*hv.PageSize], rwx))
	for _, r := range []struct {
		what string
		err  error
	}{
		{"Map of nothing", vm.Map(extra, b[:0], rwx)},
		{"Map at 4 KiB", vm.Map(extra+0x1000, b[:hv.PageSize], rwx)},
		{"Map of 4 KiB", vm.Map(extra, b[:0x1000], rwx)},
		{"Map of 20 KiB", vm.Map(extra+0x10_0000, b[:hv.PageSize+0x1000], rwx)},
		{"Map of memory not aligned to 16 KiB", vm.Map(extra+0x10_0000, b[0x1000:][:hv.PageSize], rwx)},
		{"Map over the same", vm.Map(extra+hv.PageSize, b[:2*hv.PageSize], rwx)},
		{"Map over the first half", vm.Map(extra, b[2*hv.PageSize:], rwx)},
		{"Map over the second half", vm.Map(extra+2*hv.PageSize, b[2*hv.PageSize:], rwx)},
		{"Map over a part", vm.Map(extra+2*hv.PageSize, b[2*hv.PageSize:][:hv.PageSize], rwx)},
		{"Map over all", vm.Map(extra, b, rwx)},
		{"Map past 2^52", vm.Map(1<<52, b[:hv.PageSize], rwx)},
		{"Map past the end", vm.Map(^uint64(hv.PageSize-1), b[:2*hv.PageSize], rwx)},
		{"Unmap of nothing", vm.Unmap(extra+hv.PageSize, 0)},
		{"Unmap at 4 KiB", vm.Unmap(extra+hv.PageSize+0x1000, hv.PageSize)},
		{"Unmap of 4 KiB", vm.Unmap(extra+hv.PageSize, 0x1000)},
		{"Protect of nothing", vm.Protect(extra+hv.PageSize, 0, rw)},
		{"Protect at 4 KiB", vm.Protect(extra+hv.PageSize+0x1000, hv.PageSize, rw)},
		{"Protect of 4 KiB", vm.Protect(extra+hv.PageSize, 0x1000, rw)},
	} {
		if r.err == nil {
			g.errorf("%s: no error", r.what)
		}
	}
	if g.failed() {
		return
	}
	// None of those calls had an effect: the neighbours are free.
	g.ok("Map before it", vm.Map(extra, b[2*hv.PageSize:][:hv.PageSize], rwx))
	g.ok("Map behind it", vm.Map(extra+3*hv.PageSize, b[3*hv.PageSize:], rwx))
	g.ok("Unmap", vm.Unmap(extra, 4*hv.PageSize))
	g.ok("Map of all", vm.Map(extra, b, rwx))
	g.ok("Unmap of all", vm.Unmap(extra, 4*hv.PageSize))
}

// touch loads from X1 and stores to X2, then loads again.
var touch = program{
	{0xf9400023, "ldr x3, [x1]"},
	{0xf9000044, "str x4, [x2]"},
	{0xf9400025, "ldr x5, [x1]"},
	{0xd4000022, "hvc #0x1"},
}

// storeAbort is the exit for the store of touch.
func storeAbort(at, ipa uint64, fsc aarch64.FSC) abort {
	return abort{aarch64.DataAbort{ISV: true, Size: 8, Reg: 4, Wide: true, Write: true, FSC: fsc}, at + 4, aliasVA + ipa, ipa}
}

// loadAbort is the exit for the first load of touch.
func loadAbort(at, ipa uint64, fsc aarch64.FSC) abort {
	return abort{aarch64.DataAbort{ISV: true, Size: 8, Reg: 3, Wide: true, FSC: fsc}, at, aliasVA + ipa, ipa}
}

// setTouch sets touch's registers.
func (c *cpu) setTouch(ipa, v uint64) {
	c.setX(0, aliasVA+ipa, aliasVA+ipa, 0, v, 0)
}

// checkReadOnly: a guest may read memory that is mapped read-only. A store exits
// with a permission fault and has no effect.
func checkReadOnly(g *guest) {
	m := g.newMemory(hv.PageSize)
	m.store(0x100, 0x1111)
	g.ok("Map", g.vm.Map(extra, m.b, hv.ProtRead))
	at := g.put(touch)
	c := g.cpu
	c.setTouch(extra+0x100, 0x2222)
	c.wantDataAbort("a store to read-only memory", c.runAt(at), storeAbort(at, extra+0x100, aarch64.FSCPermission))
	c.wantDataAbort("the same again", c.run(), storeAbort(at, extra+0x100, aarch64.FSCPermission))
	if x3, v := c.reg(hv.RegX3), m.load(0x100); x3 != 0x1111 || v != 0x1111 {
		c.errorf("read-only memory with 0x1111: the guest read 0x%x, and after its store there is 0x%x", x3, v)
	}
	c.wantInstructionAbort("executing it", c.runAt(extra), aarch64.FSCPermission, extra, extra)
	g.ok("Unmap", g.vm.Unmap(extra, hv.PageSize))
}

// checkNoExec: without ProtExec a fetch exits, even of code that ran before.
func checkNoExec(g *guest) {
	m := g.newMemory(hv.PageSize)
	m.put32(0x40, hvc(7))
	g.ok("Map", g.vm.Map(extra, m.b, rwx))
	c := g.cpu
	c.wantHVC("executable memory", c.runAt(extra+0x40), 7)
	g.ok("Protect", g.vm.Protect(extra, hv.PageSize, rw))
	c.wantInstructionAbort("after Protect", c.runAt(extra+0x40), aarch64.FSCPermission, extra+0x40, extra+0x40)
	g.ok("Protect", g.vm.Protect(extra, hv.PageSize, rwx))
	c.wantHVC("executable again", c.run(), 7)
	g.ok("Unmap", g.vm.Unmap(extra, hv.PageSize))
}

// checkDirtyTracking: to learn what a guest writes, a VMM takes the right away,
// gives it back at the permission fault, and runs on. The PC is at the store, which
// then takes effect. The same holds for a load-exclusive and its store.
func checkDirtyTracking(g *guest) {
	at := g.put(touch)
	exclusive := g.put(program{
		{0xc85f7c23, "ldxr x3, [x1]"},
		{0x91000464, "add x4, x3, #0x1"},
		{0xc8067c24, "stxr w6, x4, [x1]"},
		{0x35ffffa6, "cbnz w6, .-0xc"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	for page := uint64(data); page < data+4*hv.PageSize; page += hv.PageSize {
		for round := range uint64(3) {
			g.ok("Protect", g.vm.Protect(page, hv.PageSize, hv.ProtRead|hv.ProtExec))
			c.setTouch(page+8, round+100)
			c.wantDataAbort("the first store", c.runAt(at), storeAbort(at, page+8, aarch64.FSCPermission))
			g.ok("Protect", g.vm.Protect(page, hv.PageSize, rwx))
			c.wantHVC("the store retried", c.run(), 1)
			c.wantHVC("a second store", c.runAt(at), 1)
			if v, x5 := g.read(page+8), c.reg(hv.RegX5); v != round+100 || x5 != round+100 {
				c.fatalf("after the retried store of %d there is %d, and the guest reads %d", round+100, v, x5)
			}
		}
	}

	g.ok("Protect", g.vm.Protect(data, hv.PageSize, hv.ProtRead))
	c.setX(0, aliasVA+data+16)
	c.wantDataAbort("stxr", c.runAt(exclusive), abort{
		aarch64.DataAbort{Write: true, FSC: aarch64.FSCPermission}, exclusive + 8, aliasVA + data + 16, data + 16,
	})
	g.ok("Protect", g.vm.Protect(data, hv.PageSize, rwx))
	c.wantHVC("stxr retried", c.run(), 1)
	if v := g.read(data + 16); v != 1 {
		c.errorf("an exclusive increment of 0 gave %d", v)
	}
}

// checkProtectSplits: a part of a mapping has a protection of its own.
func checkProtectSplits(g *guest) {
	at := g.put(touch)
	c := g.cpu
	const part = data + hv.PageSize
	g.ok("Protect", g.vm.Protect(part, hv.PageSize, hv.ProtRead))
	for _, ipa := range []uint64{part - 8, part + hv.PageSize} { // its neighbours
		c.setTouch(ipa, 1)
		c.wantHVC("a store beside the protected part", c.runAt(at), 1)
	}
	for _, ipa := range []uint64{part, part + hv.PageSize - 8} { // its ends
		c.setTouch(ipa, 1)
		c.wantDataAbort("a store to the protected part", c.runAt(at), storeAbort(at, ipa, aarch64.FSCPermission))
	}
	g.ok("Protect", g.vm.Protect(data, 3*hv.PageSize, rwx)) // together again
	c.wantHVC("the store retried", c.run(), 1)
}

// checkUnmap: accesses to unmapped memory exit and accesses to its neighbours do
// not, to the byte, even if the guest used the memory just before.
func checkUnmap(g *guest) {
	at := g.put(touch)
	c := g.cpu
	const part = data + hv.PageSize
	ends := []uint64{part, part + hv.PageSize - 8}
	for _, ipa := range ends {
		c.setTouch(ipa, 1)
		c.wantHVC("a store before Unmap", c.runAt(at), 1)
	}
	g.ok("Unmap", g.vm.Unmap(part, hv.PageSize))
	for _, ipa := range ends {
		c.setTouch(ipa, 2)
		c.wantDataAbort("a load after Unmap", c.runAt(at), loadAbort(at, ipa, aarch64.FSCTranslation))
		c.wantDataAbort("a store after Unmap", c.runAt(at+4), storeAbort(at, ipa, aarch64.FSCTranslation))
	}
	for _, ipa := range []uint64{part - 8, part + hv.PageSize} {
		c.setTouch(ipa, 3)
		c.wantHVC("a store beside what was unmapped", c.runAt(at), 1)
	}
	if v := g.read(part); v != 1 {
		c.errorf("a store after Unmap reached the memory: 0x%x", v)
	}
	g.ok("Map", g.vm.Map(part, g.ram.b[part-ramBase:][:hv.PageSize], rwx))
	c.setTouch(part, 4)
	c.wantHVC("a store after Map", c.runAt(at), 1)
}

// checkRemap: when other memory is mapped at an address, the guest sees it.
func checkRemap(g *guest) {
	at := g.put(touch)
	c := g.cpu
	mems := []memory{g.newMemory(hv.PageSize), g.newMemory(hv.PageSize), g.newMemory(2 * hv.PageSize)}
	for i, m := range mems {
		m.store(0, uint64(100+i))
		g.ok("Map", g.vm.Map(extra, m.b, rw))
		c.setTouch(extra, uint64(200+i))
		c.wantHVC("load and store", c.runAt(at), 1)
		if x3 := c.reg(hv.RegX3); x3 != uint64(100+i) {
			c.errorf("mapping %d: the guest reads %d, want %d", i, x3, 100+i)
		}
		g.ok("Unmap", g.vm.Unmap(extra, uint64(len(m.b))))
	}
	for i, m := range mems {
		if v := m.load(0); v != uint64(200+i) {
			g.errorf("mapping %d: the guest stored %d, and there is %d", i, 200+i, v)
		}
	}
}

// checkRemapCode is checkRemap for instructions.
func checkRemapCode(g *guest) {
	c := g.cpu
	var mems []memory
	for i := range 3 {
		m := g.newMemory(hv.PageSize)
		m.put32(0x80, hvc(uint16(40+i)))
		mems = append(mems, m)
	}
	for i, m := range mems {
		g.ok("Map", g.vm.Map(extra, m.b, rwx))
		c.wantHVC(fmt.Sprintf("mapping %d", i), c.runAt(extra+0x80), uint16(40+i))
		g.ok("Unmap", g.vm.Unmap(extra, hv.PageSize))
		c.wantInstructionAbort("nothing mapped", c.runAt(extra+0x80), aarch64.FSCTranslation, extra+0x80, extra+0x80)
	}
}

// checkSeveralMappings: to a guest, two mappings side by side are one range. What
// lies above it is unmapped.
func checkSeveralMappings(g *guest) {
	at := g.put(program{
		{0xf9000024, "str x4, [x1]"}, // across the border
		{0xf9400023, "ldr x3, [x1]"},
		{0xd4000022, "hvc #0x1"},
	})
	a, b := g.newMemory(hv.PageSize), g.newMemory(2*hv.PageSize)
	g.ok("Map", g.vm.Map(extra+hv.PageSize, b.b, rw))
	g.ok("Map", g.vm.Map(extra, a.b, rw))
	c := g.cpu
	const v = 0x1122_3344_5566_7788
	c.setX(0, aliasVA+extra+hv.PageSize-4, 0, 0, v)
	c.wantHVC("a store across two mappings", c.runAt(at), 1)
	lo, hi := a.load(hv.PageSize-8)>>32, b.load(0)&0xffff_ffff
	if got := lo | hi<<32; got != v || c.reg(hv.RegX3) != v {
		c.errorf("a store of 0x%x across two mappings: 0x%x there, the guest reads 0x%x", uint64(v), got, c.reg(hv.RegX3))
	}
	g.ok("Unmap across both", g.vm.Unmap(extra, 2*hv.PageSize))
	g.ok("Unmap of the rest", g.vm.Unmap(extra+2*hv.PageSize, hv.PageSize))
}

// scan counts in X0, stores the count at X1 and loads from X2.
var scan = program{
	{0x91000400, "add x0, x0, #0x1"},
	{0xf9000020, "str x0, [x1]"},
	{0xf9400043, "ldr x3, [x2]"},
	{0x17fffffd, "b .-0xc"},
}

// scanAbort is the exit for scan's load.
func scanAbort(at, ipa uint64) abort {
	return abort{aarch64.DataAbort{ISV: true, Size: 8, Reg: 3, Wide: true, FSC: aarch64.FSCTranslation}, at + 8, aliasVA + ipa, ipa}
}

// whileRunning calls f after the guest has counted on a little.
func (g *guest) whileRunning(f func()) (wait func()) {
	var wg sync.WaitGroup
	start := g.read(data)
	wg.Go(func() {
		for g.read(data) < start+100 && !g.stuck.Load() && !g.failed() {
			runtime.Gosched()
		}
		f()
	})
	return wg.Wait
}

// checkUnmapRunning: Unmap takes effect on a vCPU that is using the memory. When
// Unmap returns, the vCPU does not use it any more.
func checkUnmapRunning(g *guest) {
	at := g.put(scan)
	c := g.cpu
	c.set(hv.RegPC, at)
	for i := range uint64(5) {
		m := g.newMemory(hv.PageSize)
		m.store(0, i+1)
		g.ok("Map", g.vm.Map(extra, m.b, rw))
		c.setX(0, data, aliasVA+extra)
		g.write(data, 0)
		wait := g.whileRunning(func() {
			if err := g.vm.Unmap(extra, hv.PageSize); err != nil {
				g.errorf("Unmap: %v", err)
				c.Kick()
			}
			m.store(0, 0xdead)
		})
		e := c.runAt(at)
		wait()
		c.wantDataAbort("Unmap while the guest reads", e, scanAbort(at, extra))
		if x3 := c.reg(hv.RegX3); x3 != i+1 {
			c.fatalf("the guest read %d, want %d", x3, i+1)
		}
	}
}

// checkProtectRunning: Protect takes effect on a running vCPU too.
func checkProtectRunning(g *guest) {
	at := g.put(scan)
	c := g.cpu
	for range 5 {
		c.setX(0, aliasVA+data, aliasVA+data+8)
		g.write(data, 0)
		wait := g.whileRunning(func() {
			if err := g.vm.Protect(data, hv.PageSize, hv.ProtRead); err != nil {
				g.errorf("Protect: %v", err)
				c.Kick()
			}
		})
		e := c.runAt(at)
		wait()
		n := g.read(data)
		c.wantDataAbort("Protect while the guest writes", e, abort{
			aarch64.DataAbort{ISV: true, Size: 8, Wide: true, Write: true, FSC: aarch64.FSCPermission}, at + 4, aliasVA + data, data,
		})
		if x0 := c.reg(hv.RegX0); x0 != n+1 {
			c.errorf("the store of %d faulted, and %d is stored", x0, n)
		}
		g.ok("Protect", g.vm.Protect(data, hv.PageSize, rwx))
	}
}

// checkRemapRunning: memory comes and goes next to what a running guest uses,
// and the guest does not notice.
func checkRemapRunning(g *guest) {
	at := g.put(scan)
	c := g.cpu
	c.setX(0, data, aliasVA+data+8)
	g.write(data+8, 77)
	m := g.newMemory(hv.PageSize)
	wait := g.whileRunning(func() {
		defer c.Kick()
		for range 20 {
			if err := g.vm.Map(extra, m.b, rwx); err != nil {
				g.errorf("Map: %v", err)
			}
			if err := g.vm.Protect(extra, hv.PageSize, rw); err != nil {
				g.errorf("Protect: %v", err)
			}
			if err := g.vm.Unmap(extra, hv.PageSize); err != nil {
				g.errorf("Unmap: %v", err)
			}
		}
	})
	e := c.runAt(at)
	wait()
	c.wantReason("Map, Protect and Unmap beside", e, hv.ExitCanceled)
	if x3 := c.reg(hv.RegX3); x3 != 77 {
		c.errorf("the guest reads %d, want 77", x3)
	}
}
