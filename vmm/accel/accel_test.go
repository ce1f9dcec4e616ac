package accel

import (
	"errors"
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
)

// fake is a backend by its name.
type fake struct {
	hv.Hypervisor
	name string
}

// New takes the backend of that name, and for auto the first one that works here.
func TestNew(t *testing.T) {
	real := backends
	defer func() { backends = real }()
	missing := errors.New("not on this host")
	made := func(name string, err error) backend {
		return backend{name, func() (hv.Hypervisor, error) { return fake{name: name}, err }}
	}
	backends = []backend{made("first", missing), made("second", nil), made("third", nil)}
	for name, want := range map[string]string{"auto": "second", "second": "second", "third": "third"} {
		if h, err := New(name); err != nil || h.(fake).name != want {
			t.Errorf("%s: %v, %v, want %s", name, h, err, want)
		}
	}
	if _, err := New("first"); !errors.Is(err, missing) {
		t.Errorf("a backend that the host does not have: %v, want %v", err, missing)
	}
	const want = `accel: there is no backend "fourth": give one of auto, first, second, third`
	if _, err := New("fourth"); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
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
