package softcpu

import (
	"errors"
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
)

// TestUnknownEngine gives a value that is no engine.
func TestUnknownEngine(t *testing.T) {
	_, err := New(Config{Engine: 7}).NewVM(hv.Config{})
	if want := "softcpu: new vm: there is no Engine(7): give Auto, Interpreter or Translator"; fmt.Sprint(err) != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestHostRefuses makes machines on a host that gives no memory for generated code.
func TestHostRefuses(t *testing.T) {
	defer func(old func() error) { translatorRuns = old }(translatorRuns)
	translatorRuns = func() error { return errors.New("execmem: permission denied") }

	h := New(Config{})
	runs, err := h.Engine()
	const want = "no translator on this host: execmem: permission denied"
	if runs != Interpreter || !errors.Is(err, ErrNoTranslator) || fmt.Sprint(err) != want {
		t.Errorf("engine %v, error %v, want the interpreter, because %s", runs, err, want)
	}
	c, _ := newTestCPUOf(t, h, 0xd4000002) // hvc #0
	if exit, err := c.Run(); err != nil || exit.Reason != hv.ExitException || c.gen.on {
		t.Errorf("on the interpreter: exit %v, error %v", exit.Reason, err)
	}
	if runs, err := New(Config{Engine: Interpreter}).Engine(); runs != Interpreter || err != nil {
		t.Errorf("asked for the interpreter: engine %v, error %v", runs, err)
	}
	if _, err := New(Config{Engine: Translator}).NewVM(hv.Config{}); fmt.Sprint(err) != "softcpu: new vm: "+want {
		t.Errorf("asked for the translator: error %v", err)
	}
}
