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

// Cases returns all rules. A rule comes after those that it builds on.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{
		lifecycleCases, registerCases, hypercallCases, exceptionCases, abortCases, accessCases, answerCases, memoryCases, withdrawCases, sysRegCases,
		interruptCases, vtimerCases, kickCases, smpCases, litmusCases, gicCases,
	} {
		all = append(all, group...)
	}
	return all
}

// tester is what Run needs of *testing.T. It exists so that a program that checks
// a backend does not link package testing.
type tester[T any] interface {
	Run(name string, f func(T)) bool
	Skip(args ...any)
	Error(args ...any)
}

// Run checks the backend against every rule. Each rule is a subtest and gets its
// own backend from the factory. Subtests do not overlap, so a backend may have one
// virtual machine per process. T is *testing.T.
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

// Check checks h against the rule. It returns nil if h follows it, Skipped if the
// rule does not apply to h, and otherwise an error that says what is wrong.
func (c Case) Check(h hv.Hypervisor) error { return c.CheckWithin(h, patience) }

// CheckWithin is Check with another patience: the time after which it gives up on
// a vCPU that does not exit.
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

// fatalf is errorf, and ends the calling goroutine, which the case has started.
func (r *report) fatalf(format string, args ...any) {
	r.errorf(format, args...)
	runtime.Goexit()
}

// skip ends a case whose rule does not apply.
func (r *report) skip(why string) {
	r.mu.Lock()
	r.skipped = Skipped(why)
	r.mu.Unlock()
	runtime.Goexit()
}

// ok ends the case if a call has failed that must not fail.
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
