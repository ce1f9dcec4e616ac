package vmm_test

import (
	"flag"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm/hostile"
)

var longAttacks = flag.Bool("hostile", false, "let the hostile guest make its attacks in their long form")

// TestHostileGuest: a machine survives what its guest does, and works afterwards, on both engines.
func TestHostileGuest(t *testing.T) {
	for _, engine := range []softcpu.Engine{softcpu.Interpreter, softcpu.Translator} {
		for _, a := range hostile.Attacks(*longAttacks) {
			t.Run(engine.String()+"/"+a.Name, func(t *testing.T) {
				a.Run(t, softcpu.New(softcpu.Config{Engine: engine}))
			})
		}
	}
}
