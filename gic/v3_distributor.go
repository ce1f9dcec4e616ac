package gic

import "github.com/miniboot-vmm/miniboot/mmio"

// gicdV3 is the Distributor's register map (IHI 0069, chapter 12). With ARE
// and DS set, registers of other configurations are RES0. So are the fields of
// INTIDs 0 to 31, which are in the Redistributors.
var gicdV3 = newFrame(registerMap{
	{0x0000, 0x0000, "GICD_CTLR", ctlr, rw, size32, 0},
	{0x0004, 0x0004, "GICD_TYPER", typer, ro, size32, 0},
	{0x0008, 0x0008, "GICD_IIDR", iidr, ro, size32, 0},
	{0x000C, 0x000C, "GICD_TYPER2", typer2, ro, size32, 0},
	{0x0010, 0x0010, "GICD_STATUSR", statusr, rw, size32, 0},
	{0x0040, 0x0040, "GICD_SETSPI_NSR", setspiNSR, wo, size32 | size16, 0},
	{0x0048, 0x0048, "GICD_CLRSPI_NSR", clrspiNSR, wo, size32 | size16, 0},
	{0x0050, 0x0050, "GICD_SETSPI_SR", res0, wo, size32 | size16, 0},
	{0x0058, 0x0058, "GICD_CLRSPI_SR", res0, wo, size32 | size16, 0},
	{0x0080, 0x00FC, "GICD_IGROUPR", igroupr, rw, size32, 1},
	{0x0100, 0x017C, "GICD_ISENABLER", isenabler, rw, size32, 1},
	{0x0180, 0x01FC, "GICD_ICENABLER", icenabler, rw, size32, 1},
	{0x0200, 0x027C, "GICD_ISPENDR", ispendr, rw, size32, 1},
	{0x0280, 0x02FC, "GICD_ICPENDR", icpendr, rw, size32, 1},
	{0x0300, 0x037C, "GICD_ISACTIVER", isactiver, rw, size32, 1},
	{0x0380, 0x03FC, "GICD_ICACTIVER", icactiver, rw, size32, 1},
	{0x0400, 0x07F8, "GICD_IPRIORITYR", ipriorityr, rw, size32 | size8, 8},
	{0x0800, 0x0BF8, "GICD_ITARGETSR", res0, rw, size32 | size8, 8},
	{0x0C00, 0x0CFC, "GICD_ICFGR", icfgr, rw, size32, 2},
	{0x0D00, 0x0D7C, "GICD_IGRPMODR", res0, rw, size32, 1},
	{0x0E00, 0x0EFC, "GICD_NSACR", res0, rw, size32, 2},
	{0x0F00, 0x0F00, "GICD_SGIR", res0, wo, size32, 0},
	{0x0F10, 0x0F1C, "GICD_CPENDSGIR", res0, rw, size32 | size8, 8},
	{0x0F20, 0x0F2C, "GICD_SPENDSGIR", res0, rw, size32 | size8, 8},
	{0x6000, 0x7FD8, "GICD_IROUTER", irouter, rw, size64 | size32, 64},
	{0xFFD0, 0xFFFC, "GICD_PIDR4", ident, ro, size32, 0},
})

// Fields of GICD_CTLR with a single Security state, beside the enables.
const (
	ctlrARE = 1 << 4 // RAO/WI: no legacy operation
	ctlrDS  = 1 << 6 // RAO/WI: one Security state
)

// Fields of GICD_TYPER. ITLinesNumber is bits 4:0.
const (
	typerMBIS     = 1 << 16 // message-based SPIs
	typerIDbits10 = 9 << 19 // INTIDs have ten bits
	typerA3V      = 1 << 24
	typerRSS      = 1 << 26 // SGIs reach Aff0 0 to 255
)

// iidrV3 names no product of Arm's, because drivers choose workarounds by it.
const iidrV3 = 'm'<<24 | implementerArm

// v3Distributor is the GICD frame.
type v3Distributor struct{ *V3 }

// Read implements mmio.Device.
func (d v3Distributor) Read(a mmio.Access) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, o := gicdV3.lookup(a.Off, a.Size, ro)
	if o != accessOK {
		d.bad.Add(1)
		d.status |= statusrBit(o, ro)
		return 0
	}
	if r.bits != 0 {
		return d.readArray(r, a)
	}
	switch r.kind {
	case ctlr:
		return readEnables(d.enabled) | ctlrARE | ctlrDS
	case typer:
		return uint64(len(d.spis)) | typerMBIS | typerIDbits10 | typerA3V | typerRSS
	case iidr:
		return iidrV3
	case statusr:
		return uint64(d.status)
	case ident:
		return readIdent(&gicdV3Ident, r, a)
	}
	return 0
}

// Write implements mmio.Device.
func (d v3Distributor) Write(a mmio.Access, v uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, o := gicdV3.lookup(a.Off, a.Size, wo)
	if o != accessOK {
		d.bad.Add(1)
		d.status |= statusrBit(o, wo)
		return
	}
	switch {
	case r.bits != 0:
		d.writeArray(r, a, v)
	case r.kind == ctlr:
		d.enabled = writeEnables(v)
	case r.kind == statusr:
		d.status &^= uint32(v)
	case r.kind == setspiNSR:
		d.setSPI(uint32(v) & 0x1FFF)
	case r.kind == clrspiNSR:
		d.clearSPI(uint32(v) & 0x1FFF)
	}
	d.updateAll()
}

func (d v3Distributor) readArray(r *register, a mmio.Access) uint64 {
	id := r.intid(a.Off)
	n := id/32 - 1
	switch {
	case n < 0 || n >= len(d.spis):
		return 0
	case r.kind == irouter:
		if id-32 >= len(d.routes) {
			return 0
		}
		return d.routes[id-32] >> (8 * (a.Off & 7))
	}
	return d.spis[n].read(r.kind, id%32, a.Size)
}

func (d v3Distributor) writeArray(r *register, a mmio.Access, v uint64) {
	id := r.intid(a.Off)
	n := id/32 - 1
	switch {
	case n < 0 || n >= len(d.spis):
	case r.kind == irouter:
		d.writeRoute(id-32, a, v)
	default:
		d.spis[n].write(r.kind, id%32, a.Size, v)
	}
}

// writeRoute writes a whole GICD_IROUTER or a 32-bit half of it.
func (d v3Distributor) writeRoute(spi int, a mmio.Access, v uint64) {
	if spi >= len(d.routes) {
		return
	}
	shift := 8 * (a.Off & 7)
	mask := mmio.Mask(a.Size) << shift
	d.route(spi, d.routes[spi]&^mask|v<<shift&mask)
}

// setSPI delivers a message: to an edge-triggered interrupt it is an edge, to a
// level-sensitive one it is a high input.
func (d v3Distributor) setSPI(intid uint32) {
	b, bit := d.findSPI(intid)
	if b == nil {
		return
	}
	b.latched |= bit & b.edge
	b.message |= bit &^ b.edge
}

// clearSPI undoes setSPI or an edge.
func (d v3Distributor) clearSPI(intid uint32) {
	b, bit := d.findSPI(intid)
	if b == nil {
		return
	}
	b.latched &^= bit
	b.message &^= bit
}

func (c *controller) findSPI(intid uint32) (*bank, uint32) {
	if intid < 32 {
		return nil, 0
	}
	return c.find(nil, intid)
}
