package softcpu

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// unsafe: addresses are only subtracted, inside one object.

// place is what an offset of translate.Layout leads to: a field, the address
// that the offset counts from, and the field's size in bytes.
type place struct {
	at, from unsafe.Pointer
	size     uintptr
}

type sizedPlace struct {
	place
	size uintptr
}

func placeOf[T any](field *T, from unsafe.Pointer) place {
	return place{unsafe.Pointer(field), from, unsafe.Sizeof(*field)}
}

// layoutPlaces has the place of each field of translate.Layout, and the size that
// package translate says it has.
func layoutPlaces() map[string]sizedPlace {
	c := new(cpu)
	x16 := unsafe.Pointer(&c.X[16])
	return map[string]sizedPlace{
		"Flags":          {placeOf(&c.gen.flags, x16), 8},
		"V":              {placeOf(&c.V, x16), 32 * 16},
		"PC":             {placeOf(&c.PC, x16), 8},
		"EL":             {placeOf(&c.el, x16), 1},
		"DAIF":           {placeOf(&c.daif, x16), 1},
		"Inputs":         {placeOf(&c.irq, x16), 1},
		"Attention":      {placeOf(&c.attention, x16), 4},
		"Posted":         {placeOf(&c.posted, x16), 1},
		"NoZVA":          {placeOf(&c.gen.noZVA, x16), 1},
		"NoClean":        {placeOf(&c.gen.noClean, x16), 1},
		"CTR":            {placeOf(&c.gen.ctr, x16), 8},
		"DCZID":          {placeOf(&c.gen.dczid, x16), 8},
		"FPCR":           {placeOf(&c.FP.FPCR, x16), 4},
		"FPSR":           {placeOf(&c.FP.FPSR, x16), 4},
		"FPTrapped":      {placeOf(&c.fpTrapped, x16), 1},
		"FPGuest":        {placeOf(&c.gen.fpGuest, x16), 1},
		"FPFlush":        {placeOf(&c.gen.fpFlush, x16), 1},
		"TPIDR0":         {placeOf(&c.sys.tpidr0, x16), 8},
		"TPIDRRO0":       {placeOf(&c.sys.tpidrro0, x16), 8},
		"TPIDR1":         {placeOf(&c.sys.tpidr1, x16), 8},
		"SPOther":        {placeOf(&c.spOther, x16), 8},
		"ExclusiveHost":  {placeOf(&c.excl.host, x16), 8},
		"ExclusiveSize":  {placeOf(&c.excl.size, x16), 8},
		"ExclusiveValue": {placeOf(&c.excl.lo, x16), 8},
		"Count":          {placeOf(&c.gen.count, x16), 8},
		"PageVA":         {placeOf(&c.gen.pageVA, x16), 8},
		"Page":           {placeOf(&c.gen.page, x16), 8},
		"Index":          {placeOf(&c.gen.index, x16), 8},
		"Site":           {placeOf(&c.gen.site, x16), 8},
		"Shared":         {placeOf(&c.gen.shared, x16), 8},
		"Reason":         {placeOf(&c.gen.reason, x16), 8},
		"TLB":            {placeOf(&c.gen.tlb, x16), 8},
		"ITLB":           {placeOf(&c.gen.itlb, x16), 8},
		"Code":           {placeOf(&c.gen.code, x16), 8},
		"TLBEL0":         {placeOf(&c.mmu.arrays[regimeEL0], x16), tlbSize << translate.TLBEntryShift},
	}
}

// TestLayout holds every field of layout against the distance between real
// addresses, and the sizes against what package translate says.
func TestLayout(t *testing.T) {
	want := layoutPlaces()
	got := reflect.ValueOf(layout())
	for i := range got.NumField() {
		name, offset := got.Type().Field(i).Name, got.Field(i).Int()
		w, ok := want[name]
		if at := int64(uintptr(w.at)) - int64(uintptr(w.from)); !ok || offset != at || w.place.size != w.size {
			t.Errorf("%s: offset %d, want %d; %d bytes, want %d", name, offset, at, w.place.size, w.size)
		}
	}
}

// TestLayoutPairs holds the bytes that generated code compares as 16 bits.
func TestLayoutPairs(t *testing.T) {
	var c cpu
	if unsafe.Offsetof(c.spsel) != unsafe.Offsetof(c.el)+1 || unsafe.Sizeof(c.spsel) != 1 {
		t.Error("spsel is not the byte behind el")
	}
	if unsafe.Offsetof(c.fiq) != unsafe.Offsetof(c.irq)+1 || unsafe.Sizeof(c.fiq) != 1 {
		t.Error("fiq is not the byte behind irq")
	}
}

// TestLayoutReach holds what loads of an arm64 host demand of a place: it is a
// multiple of what they load from the base register, which points 8 bytes before
// State.X, and at most 4095 times as much. The array of the TLB is not loaded from
// the base register.
func TestLayoutReach(t *testing.T) {
	const base = 16*8 + 8
	got := reflect.ValueOf(layout())
	for name, p := range layoutPlaces() {
		size := int64(p.size)
		switch name {
		case "TLBEL0":
			continue
		case "V":
			size = 16
		case "EL", "Inputs":
			size = 2
		}
		at := got.FieldByName(name).Int() + base
		if at%size != 0 || at < 0 || at/size > 4095 {
			t.Errorf("%s: %d bytes from the base register, which loads of %d bytes do not reach", name, at, size)
		}
	}
}

// TestLayoutTLB holds the entries of both TLBs against the geometry of package
// translate.
func TestLayoutTLB(t *testing.T) {
	var e tlbEntry
	var i itlbEntry
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"size of tlbEntry", unsafe.Sizeof(e), 1 << translate.TLBEntryShift},
		{"tlbEntry.read", unsafe.Offsetof(e.read), translate.TLBRead},
		{"tlbEntry.write", unsafe.Offsetof(e.write), translate.TLBWrite},
		{"tlbEntry.addend", unsafe.Offsetof(e.addend), translate.TLBAddend},
		{"size of itlbEntry", unsafe.Sizeof(i), 1 << translate.TLBEntryShift},
		{"itlbEntry.va", unsafe.Offsetof(i.va), translate.ITLBVA},
		{"itlbEntry.entries", unsafe.Offsetof(i.entries), translate.ITLBPage},
		{"size of codePage.entries[0]", unsafe.Sizeof(codePage{}.entries[0]), 4},
		{"tlbSize is a power of 2", tlbSize & (tlbSize - 1), 0},
		{"itlbSize is a power of 2", itlbSize & (itlbSize - 1), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}
