package accel

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// fake is a backend by its name, and what it answers.
type fake struct {
	name     string
	newVM    error
	closeVM  error
	machines *int // open ones
}

func (f fake) NewVM(hv.Config) (hv.VM, error) {
	if f.newVM != nil {
		return nil, f.newVM
	}
	*f.machines++
	return machine{f: f}, nil
}

type machine struct {
	hv.VM
	f fake
}

func (m machine) Close() error {
	*m.f.machines--
	return m.f.closeVM
}

// TestNew takes the backend of that name, and for auto the first one that can make a
// virtual machine, whatever else it can.
func TestNew(t *testing.T) {
	absent, denied, stuck := errors.New("not on this host"), fmt.Errorf("not to you: %w", hvf.ErrEntitlement), errors.New("it stays")
	busy := fmt.Errorf("in use: %w", hvf.ReturnBusy)
	for _, tt := range []struct {
		why                   string
		first, newVM, closeVM error // of the first backend
		auto                  string
		named                 error // of the first by its name
	}{
		{"the host does not have it", absent, nil, nil, "second", absent},
		{"the host refuses it", nil, denied, nil, "second", denied},
		{"its machine cannot be closed", nil, nil, stuck, "second", stuck},
		{"its only machine is in use", nil, busy, nil, "first", nil},
		{"it works", nil, nil, nil, "first", nil},
	} {
		open := 0
		list := List{
			{"first", func() (hv.Hypervisor, error) { return fake{"first", tt.newVM, tt.closeVM, &open}, tt.first }},
			{"second", func() (hv.Hypervisor, error) { return fake{name: "second", machines: &open}, nil }},
		}
		if h, err := list.New("auto"); err != nil || h.(fake).name != tt.auto {
			t.Errorf("%s: auto is %v, %v, want %s", tt.why, h, err, tt.auto)
		}
		if h, refusal := list.Auto(); h.(fake).name != tt.auto || !errors.Is(refusal, tt.named) && refusal != nil || (refusal == nil) != (tt.named == nil || tt.named == hvf.ErrUnsupported) {
			t.Errorf("%s: Auto is %v, %v, want %s, %v", tt.why, h, refusal, tt.auto, tt.named)
		}
		if _, err := list.New("first"); !errors.Is(err, tt.named) {
			t.Errorf("%s: by its name: %v, want %v", tt.why, err, tt.named)
		}
		if open != 0 {
			t.Errorf("%s: %d machines are open", tt.why, open)
		}
		const want = `accel: there is no backend "third": give one of auto, first, second`
		if _, err := list.New("third"); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if h, err := list[:1].New("auto"); (h == nil) != (tt.named != nil) || !errors.Is(err, tt.named) {
			t.Errorf("%s: auto without another: %v, %v, want %v", tt.why, h, err, tt.named)
		}
	}
}

// Every host has the software CPU, and so there is always one for auto.
func TestBackends(t *testing.T) {
	if got, want := Names(), []string{"auto", "hvf", "soft"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	for _, name := range []string{"auto", "soft"} {
		if h, err := New(name); h == nil || err != nil {
			t.Errorf("%s: %v, %v", name, h, err)
		}
	}
}
