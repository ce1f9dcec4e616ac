package gic

import "github.com/miniboot-vmm/miniboot/mmio"

const (
	redistSize   = 0x20000 // bytes a CPU: RD_base and SGI_base
	sgiBase      = 0x10000 // offset of SGI_base in it
	redistOffset = redistSize - 1
)

// gicrV3 is a Redistributor's register map, RD_base and SGI_base as one (IHI
// 0069, chapter 12). There are no LPIs, so the registers for them are RES0.
var gicrV3 = newFrame(registerMap{
	{0x0000, 0x0000, "GICR_CTLR", res0, rw, size32, 0},
	{0x0004, 0x0004, "GICR_IIDR", iidr, ro, size32, 0},
	{0x0008, 0x0008, "GICR_TYPER", typer, ro, size64 | size32, 0},
	{0x0010, 0x0010, "GICR_STATUSR", statusr, rw, size32, 0},
	{0x0014, 0x0014, "GICR_WAKER", waker, rw, size32, 0},
	{0x0018, 0x0018, "GICR_MPAMIDR", res0, ro, size32, 0},
	{0x001C, 0x001C, "GICR_PARTIDR", res0, rw, size32, 0},
	{0x0040, 0x0040, "GICR_SETLPIR", res0, wo, size64 | size32, 0},
	{0x0048, 0x0048, "GICR_CLRLPIR", res0, wo, size64 | size32, 0},
	{0x0070, 0x0070, "GICR_PROPBASER", res0, rw, size64 | size32, 0},
	{0x0078, 0x0078, "GICR_PENDBASER", res0, rw, size64 | size32, 0},
	{0x00A0, 0x00A0, "GICR_INVLPIR", res0, wo, size64 | size32, 0},
	{0x00B0, 0x00B0, "GICR_INVALLR", res0, wo, size64 | size32, 0},
	{0x00C0, 0x00C0, "GICR_SYNCR", res0, ro, size32, 0},
	{0xFFD0, 0xFFFC, "GICR_PIDR4", ident, ro, size32, 0},

	{sgiBase + 0x0080, sgiBase + 0x0080, "GICR_IGROUPR0", igroupr, rw, size32, 1},
	{sgiBase + 0x0100, sgiBase + 0x0100, "GICR_ISENABLER0", isenabler, rw, size32, 1},
	{sgiBase + 0x0180, sgiBase + 0x0180, "GICR_ICENABLER0", icenabler, rw, size32, 1},
	{sgiBase + 0x0200, sgiBase + 0x0200, "GICR_ISPENDR0", ispendr, rw, size32, 1},
	{sgiBase + 0x0280, sgiBase + 0x0280, "GICR_ICPENDR0", icpendr, rw, size32, 1},
	{sgiBase + 0x0300, sgiBase + 0x0300, "GICR_ISACTIVER0", isactiver, rw, size32, 1},
	{sgiBase + 0x0380, sgiBase + 0x0380, "GICR_ICACTIVER0", icactiver, rw, size32, 1},
	{sgiBase + 0x0400, sgiBase + 0x041C, "GICR_IPRIORITYR", ipriorityr, rw, size32 | size8, 8},
	{sgiBase + 0x0C00, sgiBase + 0x0C04, "GICR_ICFGR", icfgr, rw, size32, 2},
	{sgiBase + 0x0D00, sgiBase + 0x0D00, "GICR_IGRPMODR0", res0, rw, size32, 1},
	{sgiBase + 0x0E00, sgiBase + 0x0E00, "GICR_NSACR", res0, rw, size32, 0},
})

// Fields of GICR_TYPER. Affinity_Value is bits 63:32, Processor_Number 23:8.
const gicrTyperLast = 1 << 4

// Fields of GICR_WAKER.
const (
	wakerProcessorSleep = 1 << 1
	wakerChildrenAsleep = 1 << 2
)

// v3Redistributors are the GICR frames of all CPUs.
type v3Redistributors struct{ *V3 }

// Read implements mmio.Device.
func (d v3Redistributors) Read(a mmio.Access) uint64 {
	i := int(a.Off / redistSize)
	if i >= len(d.redists) {
		d.bad.Add(1)
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rd := &d.redists[i]
	a.Off &= redistOffset
	r, o := gicrV3.lookup(a.Off, a.Size, ro)
	if o != accessOK {
		d.bad.Add(1)
		rd.status |= statusrBit(o, ro)
		return 0
	}
	if r.bits != 0 {
		return d.cpus[i].private.read(r.kind, r.intid(a.Off), a.Size)
	}
	switch r.kind {
	case iidr:
		return iidrV3
	case typer:
		return d.typer(i) >> (8 * (a.Off & 7))
	case statusr:
		return uint64(rd.status)
	case waker:
		if rd.asleep {
			return wakerProcessorSleep | wakerChildrenAsleep
		}
	case ident:
		return readIdent(&gicrV3Ident, r, a)
	}
	return 0
}

// Write implements mmio.Device.
func (d v3Redistributors) Write(a mmio.Access, v uint64) {
	i := int(a.Off / redistSize)
	if i >= len(d.redists) {
		d.bad.Add(1)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rd := &d.redists[i]
	a.Off &= redistOffset
	r, o := gicrV3.lookup(a.Off, a.Size, wo)
	switch {
	case o != accessOK:
		d.bad.Add(1)
		rd.status |= statusrBit(o, wo)
	case r.bits != 0:
		d.cpus[i].private.write(r.kind, r.intid(a.Off), a.Size, v)
		d.update(&d.cpus[i])
	case r.kind == statusr:
		rd.status &^= uint32(v)
	case r.kind == waker:
		rd.asleep = v&wakerProcessorSleep != 0
	}
}

func (d v3Redistributors) typer(i int) uint64 {
	aff := d.redists[i].affinity
	v := aff>>32<<56 | (aff&0xFFFFFF)<<32 | uint64(i)<<8
	if i == len(d.redists)-1 {
		v |= gicrTyperLast
	}
	return v
}
