package hvtest

import "github.com/miniboot-vmm/miniboot/aarch64"

// The guest's translation tables have a granule of 4 KiB and 39-bit addresses, so
// the walk starts at level 1 with a table for 512 GiB (DDI 0487 D8.3).
const (
	tcr = 25<<aarch64.TCR_T0SZ |
		1<<8 | 1<<10 | 3<<12 | // walks are cacheable, inner shareable
		aarch64.TCR_EPD1 | // no upper half
		1<<aarch64.TCR_IPS // 36 bits

	// mair has Normal write-back memory as attribute 0 and Device-nGnRnE
	// memory as attribute 1.
	mair = 0xff

	level1 = tables
	level2 = tables + 0x1000 // of the gigabyte at pagedVA
	level3 = tables + 0x2000

	// pagedVA is mapped in pages of 4 KiB: see setPage.
	pagedVA = 0x50_0000_0000
)

// Descriptors.
const (
	descTable  = aarch64.DescValid | aarch64.DescTable
	descBlock  = aarch64.DescValid
	descPage   = aarch64.DescValid | aarch64.DescTable
	descNormal = aarch64.DescAF | 3<<aarch64.DescSH // inner shareable, attribute 0, RW at EL1
)

// writeTables maps the first four gigabytes twice: see aliasVA.
func (g *guest) writeTables() {
	for i := uint64(0); i < 4; i++ {
		g.write(level1+8*i, i<<30|descNormal|descBlock)
		g.write(level1+8*(aliasVA>>30+i), i<<30|descNormal|descBlock)
	}
	g.write(level1+8*(pagedVA>>30), level2|descTable)
	g.write(level2, level3|descTable)
}

// page returns the descriptor of a page.
func page(pa uint64) uint64 { return pa | descNormal | descPage }

// setPage maps pagedVA + n*4 KiB.
func (g *guest) setPage(n, pa uint64) { g.write(level3+8*n, page(pa)) }
