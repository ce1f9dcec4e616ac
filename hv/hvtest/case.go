package hvtest

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
)

// patience is how long a vCPU may run before a case gives up on its exit. A
// guest never needs more than some milliseconds, but a busy host may.
const patience = 30 * time.Second

// Case is one rule of the contract.
type Case struct {
	Name string // group/rule
	run  func(*guest)
}

// Skipped is the error of a case that does not apply to a backend. It says why.
type Skipped string

func (s Skipped) Error() string { return string(s) }

// Cases returns all rules, those that others build on first.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{
		lifecycleCases, registerCases, hypercallCases, exceptionCases, abortCases, accessCases, memoryCases, sysRegCases,
		interruptCases, vtimerCases, kickCases, smpCases, litmusCases, gicCases,
	} {
		all = append(all, group...)
	}
	return all
}

// tester is what Run needs of *testing.T, which alone it is for: a program that
// holds a backend against the rules does not link package testing.
type tester[T any] interface {
	Run(name string, f func(T)) bool
	Skip(args ...any)
	Error(args ...any)
}

// Run holds the backend against every rule, each in a subtest with a backend of
// its own from the factory. Cases do not overlap, so that a backend with one
// virtual machine a process will do. T is *testing.T.
func Run[T tester[T]](t T, factory func(T) hv.Hypervisor) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t T) {
			err := c.Check(factory(t))
			if why := Skipped(""); errors.As(err, &why) {
				t.Skip(why)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Check holds h against the rule. It returns what is wrong with h, nil if
// nothing is, or a Skipped.
func (c Case) Check(h hv.Hypervisor) error { return c.CheckWithin(h, patience) }

// CheckWithin is Check with another time after which a vCPU that does not exit
// is given up.
func (c Case) CheckWithin(h hv.Hypervisor, patience time.Duration) error {
	r := new(report)
	done := make(chan struct{})
	go func() { // a goroutine for the vCPU, which ends when the case gives up
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		g := newGuest(r, h, patience, strings.HasPrefix(c.Name, gicGroup))
		defer g.close()
		c.run(g)
	}()
	<-done
	return r.err()
}

// report collects what goes wrong in a case. Its methods may be called from any
// goroutine of the case.
type report struct {
	mu      sync.Mutex
	errs    []error
	skipped Skipped
}

func (r *report) errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// fatalf ends the calling goroutine too, which is one that the case started.
func (r *report) fatalf(format string, args ...any) {
	r.errorf(format, args...)
	runtime.Goexit()
}

// skip ends the case, whose rule does not apply.
func (r *report) skip(why string) {
	r.mu.Lock()
	r.skipped = Skipped(why)
	r.mu.Unlock()
	runtime.Goexit()
}

// ok is for calls that must not fail.
func (r *report) ok(what string, err error) {
	if err != nil {
		r.fatalf("%s: %v", what, err)
	}
}

func (r *report) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.errs) != 0
}

func (r *report) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) == 0 && r.skipped != "" {
		return r.skipped
	}
	return errors.Join(r.errs...)
}
