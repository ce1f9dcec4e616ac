package softcpu

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate/amd64"
)

type translator = *amd64.Translator

func newTranslator(buf []byte, l translate.Layout) translator {
	return amd64.New(buf, l, tlbSize, itlbSize)
}

func (g *generated) translate(p *codePage, i uint64) {
	g.t.Translate(amd64.Page{Ops: &p.ops, Entries: &p.entry, Decoder: p}, i)
}
