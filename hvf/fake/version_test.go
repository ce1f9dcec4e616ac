package fake

import (
	"errors"
	"reflect"
	"runtime"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf"
)

// versions are the versions of macOS that added something.
var versions = []hvf.MacOS{{Major: 11}, {Major: 12, Minor: 1}, {Major: 13}, {Major: 15}, {Major: 15, Minor: 2}, {Major: 26}, {Major: 27}}

// TestVersions calls every function on every macOS. An absent function gives
// ErrNotAvailable and its name, and nothing panics.
func TestVersions(t *testing.T) {
	for _, macOS := range versions {
		if testing.Short() && macOS.Major != 11 && macOS.Major != 27 {
			continue
		}
		t.Run(macOS.String(), func(t *testing.T) {
			f := New(t, Options{MacOS: macOS})
			absent := map[string]hvf.MacOS{}
			for _, fn := range f.Framework().Functions() {
				if want := number(fn.Since) <= number(macOS); fn.Present != want {
					t.Errorf("%s of macOS %v: present %v, want %v", fn.Name, fn.Since, fn.Present, want)
				}
				if !fn.Present {
					absent[fn.Name] = fn.Since
				}
			}
			found := map[string]bool{}
			onThread(func() {
				fw := f.Framework()
				callAll(t, fw, reflect.ValueOf(fw), absent, found)
				if err := fw.VMDestroy(); err != nil {
					t.Error(err)
				}
				must(t, fw.VMCreate(0))
				v, err := fw.VCPUCreate(0)
				must(t, err)
				callAll(t, fw, reflect.ValueOf(v), absent, found)
				must(t, fw.VMDestroy())
			})
			for name := range absent {
				// The method of hv_gic_state_get_data asks for the size first, with a function
				// that is absent too.
				if !found[name] && name != "hv_gic_state_get_data" {
					t.Errorf("no call failed for %s", name)
				}
			}
			f.Violations() // calls with zero arguments break rules
		})
	}
}

// callAll calls every method of a receiver with zero arguments, and notes which
// functions are absent. Methods that would destroy the receiver come last.
func callAll(t *testing.T, fw *hvf.Framework, recv reflect.Value, absent map[string]hvf.MacOS, found map[string]bool) {
	t.Helper()
	callers := map[string]bool{"VMDestroy": true, "VCPUCreate": true, "Destroy": true}
	for i := range recv.NumMethod() {
		if !callers[recv.Type().Method(i).Name] {
			call(t, fw, recv.Method(i), absent, found)
		}
	}
	if m := recv.MethodByName("Destroy"); m.IsValid() {
		call(t, fw, m, absent, found)
	}
}

func call(t *testing.T, fw *hvf.Framework, m reflect.Value, absent map[string]hvf.MacOS, found map[string]bool) {
	t.Helper()
	var args []reflect.Value
	for i := range m.Type().NumIn() {
		a := reflect.Zero(m.Type().In(i))
		if a.Kind() == reflect.Interface {
			a = reflect.ValueOf(hvf.VMConfig(0))
		}
		args = append(args, a)
	}
	for _, r := range m.Call(args) {
		if o, ok := r.Interface().(hvf.Object); ok && !r.IsZero() {
			fw.OSRelease(o)
		}
		err, _ := r.Interface().(error)
		var u *hvf.UnavailableError
		if !errors.Is(err, hvf.ErrNotAvailable) {
			continue
		}
		if !errors.As(err, &u) || absent[u.Func] != u.Since {
			t.Errorf("%v: names %+v, which is there, or another version", err, u)
			continue
		}
		found[u.Func] = true
	}
}

// onThread runs f on a thread of its own.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		f()
	}()
	<-done
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
