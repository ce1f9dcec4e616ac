package softcpu

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// TestStats counts the instructions of a program of which some are never translated.
func TestStats(t *testing.T) {
	h := New(Config{Engine: engine})
	c, _ := newTestCPUOf(t, h,
		0x91000400, // add x0, x0, #1
		0xd5384241, // mrs x1, currentel
		0xf1000c1f, // cmp x0, #3
		0x54ffffa1, // b.ne .-12
		0xd4000002, // hvc #0
	)
	if exit, err := c.Run(); err != nil || exit.ESR.EC() != aarch64.ECHVC64 {
		t.Fatalf("exit %v, error %v", exit.ESR, err)
	}
	s := c.Stats()
	want := Stats{Instructions: 13, Interpreted: 13, CodePages: 1}
	if engine == Translator {
		want.Interpreted = s.Exits[translate.ExitInterpret]
		if s.Interpreted == 0 || s.Interpreted == 13 || s.Translations == 0 || s.Translated < 5 || s.Translating < 0 || s.CodeBytes < 5 {
			t.Errorf("%+v", s)
		}
		want.Translations, want.Translated, want.Translating = s.Translations, s.Translated, s.Translating
		want.CodeBytes, want.Exits = s.CodeBytes, s.Exits
	}
	if s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	if ended := h.Stats(); len(ended) != 0 {
		t.Errorf("%d vCPUs have ended, want none", len(ended))
	}
	c.Close()
	c.Close() // is not counted again
	other, err := c.vm.NewVCPU(2)
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	if ended := h.Stats(); len(ended) != 3 || ended[0] != s || ended[1].CodeBytes != 0 || ended[2].CodePages != 0 {
		t.Errorf("after the end: %+v", ended)
	}
}
