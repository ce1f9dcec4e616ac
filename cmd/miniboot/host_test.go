package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/hvf/signed"
	"github.com/miniboot-vmm/miniboot/vmm/accel"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// A fakeMac is a host that has the fake framework. It refuses a program without the entitlement.
type fakeMac struct {
	host
	opt      fake.Options
	refusal  hvf.ReturnCode // of hv_vm_create; 0: the program has the entitlement
	noCopy   error          // why there can be no signed copy
	copies   int            // how often the program was replaced
	entered  atomic.Int32   // runs of a vCPU on the framework
	reported []string       // by the fake
	cleanups []func()
}

// replaced is what execve is in these tests: the program does not go on.
type replaced struct{}

func newFakeMac(opt fake.Options, refusal hvf.ReturnCode, noCopy error) *fakeMac {
	m := &fakeMac{opt: opt, refusal: refusal, noCopy: noCopy}
	m.host = host{
		become: func(before func(string)) error {
			if m.noCopy != nil {
				return m.noCopy
			}
			if before != nil {
				before("/cache/copy")
			}
			m.copies++
			m.refusal = 0
			panic(replaced{})
		},
		isCopy: func() bool { return m.copies > 0 },
		enter:  noSandbox,
		sysctl: func(name string) (string, error) { return "value of " + name, nil },
	}
	m.opt.Call = func(function string, f *fake.Frame, call func()) {
		if function == "hv_vcpu_run" {
			m.entered.Add(1)
		}
		if opt.Call != nil {
			opt.Call(function, f, call)
			return
		}
		call()
	}
	return m
}

// start is what a process finds: its own framework.
func (m *fakeMac) start(t *testing.T) {
	m.opt.CreateCode = m.refusal
	f := fake.New(&recorder{TB: t, mac: m}, m.opt)
	h := f.Hypervisor()
	m.framework = func() (*hvf.Framework, error) { return f.Framework(), nil }
	m.backends = accel.List{{Name: "hvf", New: func() (hv.Hypervisor, error) { return h, nil }}, accel.All()[1]}
}

// recorder makes the reports of a fake findings of a test.
type recorder struct {
	testing.TB
	mac *fakeMac
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.mac.cleanups = append(r.mac.cleanups, f) }
func (r *recorder) Failed() bool     { return true } // the library stays loaded
func (r *recorder) Errorf(format string, args ...any) {
	r.mac.reported = append(r.mac.reported, fmt.Sprintf(format, args...))
}

// run runs the command as often as the program is replaced, and returns what the last one did.
func (m *fakeMac) run(t *testing.T, change func(*host), args ...string) (status int, out, errs string) {
	real := thisHost
	defer func() { thisHost = real }()
	var stdout, stderr bytes.Buffer
	for n, again := 0, true; again && n < 3; n++ {
		m.start(t)
		thisHost = m.host
		if change != nil {
			change(&thisHost)
		}
		again = func() (again bool) {
			defer func() {
				if e := recover(); e != nil {
					if _, again = e.(replaced); !again {
						panic(e)
					}
				}
			}()
			status = run(args, nil, &stdout, &stderr)
			return false
		}()
		for i := len(m.cleanups) - 1; i >= 0; i-- {
			m.cleanups[i]()
		}
		m.cleanups = nil
	}
	return status, stdout.String(), stderr.String()
}

// A firstMinute is what happens when a user starts the command on a Mac.
type firstMinute struct {
	name    string
	opt     fake.Options
	refusal hvf.ReturnCode
	noCopy  error
	args    string

	framework bool   // whether the guest runs on the framework
	copies    int    // how often the program is replaced
	status    int    // of the command
	says      string // what standard error matches, all of it
}

const (
	becomes  = `miniboot: goes on as a copy of itself that is signed for Hypervisor.framework: /cache/copy\n`
	remedy   = `HV_\w+ \(0xfae940\w\w\): this program is not signed with the entitlement com.apple.security.hypervisor, run: miniboot sign \S+`
	software = `miniboot: the software CPU runs the guest, not Hypervisor.framework: hvf: hv_vm_create: `
)

var firstMinutes = []firstMinute{
	{"signed", fake.Options{}, 0, nil, "", true, 0, 0, ``},
	{"signed, macOS 11", fake.Options{MacOS: hvf.MacOS{Major: 11}}, 0, nil, "", true, 0, 0, ``},
	{"signed, asked for", fake.Options{}, 0, nil, "-accel hvf", true, 0, 0, ``},
	{"signed, not asked for", fake.Options{}, 0, nil, "-accel soft", false, 0, 0, ``},
	{"the last machine is slow to go", fake.Options{BusyAfterDestroy: 2}, 0, nil, "", true, 0, 0, ``},
	{"as go build leaves it", fake.Options{}, hvf.ReturnDenied, nil, "", true, 1, 0, becomes},
	{"as go build leaves it, another macOS", fake.Options{}, hvf.ReturnUnsupported, nil, "", true, 1, 0, becomes},
	{"as go build leaves it, an old macOS", fake.Options{MacOS: hvf.MacOS{Major: 11}}, hvf.ReturnError, nil, "", true, 1, 0, becomes},
	{"as go build leaves it, asked for", fake.Options{}, hvf.ReturnDenied, nil, "-accel hvf", true, 1, 0, becomes},
	{"as go build leaves it, not asked for", fake.Options{}, hvf.ReturnDenied, nil, "-accel soft", false, 0, 0, ``},
	{"no place for a copy", fake.Options{}, hvf.ReturnDenied, errors.New("read-only"), "", false, 0, 0, software + remedy + ` \(read-only\)\n`},
	{"no place for a copy, asked for", fake.Options{}, hvf.ReturnDenied, errors.New("read-only"), "-accel hvf", false, 0, 1,
		`miniboot: hvf: hv_vm_create: ` + remedy + ` \(read-only\)\n`},
	{"the copy is refused too", fake.Options{}, hvf.ReturnDenied, signed.ErrCopy, "", false, 0, 0, software + remedy + ` \(signed: this is a signed copy already: .*\)\n`},
	{"no machine left", fake.Options{}, hvf.ReturnNoResources, nil, "", false, 0, 0, software + `.*end some\n`},
	{"no machine left, asked for", fake.Options{}, hvf.ReturnNoResources, nil, "-accel hvf", false, 0, 1, `miniboot: hvf: hv_vm_create: .*end some\n`},
}

// powerOffImage writes a kernel that powers off.
func powerOffImage(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "Image")
	if err := os.WriteFile(path, bare.Image(bare.PowerOff...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// check returns what is wrong with a first minute. change makes mistakes.
func (c firstMinute) check(t *testing.T, change func(*host)) (wrong []string) {
	t.Helper()
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	m := newFakeMac(c.opt, c.refusal, c.noCopy)
	args := append(strings.Fields(c.args), "-serial", "none", "-kernel", powerOffImage(t))
	status, _, errs := m.run(t, change, args...)
	if status != c.status || !regexp.MustCompile(`^`+c.says+`$`).MatchString(errs) {
		note("status %d, says %q, want %d, %s", status, errs, c.status, c.says)
	}
	if onFramework := m.entered.Load() > 0; onFramework != c.framework {
		note("the guest has run on the framework: %v, want %v", onFramework, c.framework)
	}
	if m.copies != c.copies {
		note("the program was replaced %d times, want %d", m.copies, c.copies)
	}
	return append(wrong, m.reported...)
}

// TestFirstMinute: the command starts on every Mac, by itself or saying what to do.
func TestFirstMinute(t *testing.T) {
	for _, c := range firstMinutes {
		for _, wrong := range c.check(t, nil) {
			t.Errorf("%s: %s", c.name, wrong)
		}
	}
}

// TestNoMac: where there is no framework the software CPU is what the user expects, and nothing is said.
func TestNoMac(t *testing.T) {
	m := newFakeMac(fake.Options{}, hvf.ReturnDenied, nil)
	status, _, errs := m.run(t, func(h *host) { h.rename(hvf.ErrUnsupported) }, "-serial", "none", "-kernel", powerOffImage(t))
	if status != exitPowerOff || errs != "" {
		t.Errorf("status %d, says %q, want nothing", status, errs)
	}
	status, _, errs = m.run(t, func(h *host) { h.rename(hvf.ErrUnsupported) }, "-accel", "hvf", "-kernel", powerOffImage(t))
	if want := "miniboot: " + hvf.ErrUnsupported.Error() + ": use -accel soft\n"; status != exitHostError || errs != want {
		t.Errorf("-accel hvf: status %d, says %q, want %q", status, errs, want)
	}
}

// TestReplacedFirst: when the program is replaced it has not begun anything: it has not even looked for the kernel.
func TestReplacedFirst(t *testing.T) {
	for _, args := range [][]string{{"-kernel", "/missing", "-serial", "file:/missing/console"}, {"doctor"}} {
		m := newFakeMac(fake.Options{}, hvf.ReturnDenied, nil)
		begun := false
		m.host.isCopy = func() bool { return true }
		status, out, errs := m.run(t, func(h *host) {
			become := h.become
			h.become = func(before func(string)) error { begun = true; return become(before) }
			if begun { // the copy is not to do the rest
				h.backends = accel.List{{Name: "hvf", New: func() (hv.Hypervisor, error) { return nil, errors.New("seen enough") }}}
			}
		}, args...)
		if !begun || m.copies != 1 || status != exitHostError || out != "" || !strings.HasSuffix(errs, "seen enough\n") {
			t.Errorf("%q: status %d, printed %q and %q before and after it was replaced %d times", args, status, out, errs, m.copies)
		}
	}
}

// firstMinuteMutations are mistakes, and the first minutes that notice them.
var firstMinuteMutations = []struct {
	wrong, minute string
	call          func(function string, f *fake.Frame, call func()) // in place of Options.Call
	change        func(*host)
}{
	{wrong: "auto does not ask for a virtual machine", minute: "no place for a copy", change: func(h *host) { h.trust(0) }},
	{wrong: "auto does not ask for a virtual machine", minute: "as go build leaves it", change: func(h *host) { h.trust(0) }},
	{wrong: "the machine that was asked for stays", minute: "signed", call: func(function string, f *fake.Frame, call func()) {
		if f.Ret = 0; function != "hv_vm_destroy" {
			call()
		}
	}},
	{wrong: "no copy is made", minute: "as go build leaves it", change: func(h *host) { h.become = func(func(string)) error { return errors.New("no") } }},
	{wrong: "the copy is not announced", minute: "as go build leaves it", change: func(h *host) {
		become := h.become
		h.become = func(func(string)) error { return become(func(string) {}) }
	}},
	{wrong: "it is not said why there is no copy", minute: "no place for a copy", change: func(h *host) { h.become = func(func(string)) error { return nil } }},
	{wrong: "the entitlement is not asked about", minute: "as go build leaves it", change: func(h *host) { h.rename(errors.New("hvf: refused")) }},
	{wrong: "each refusal is one of the entitlement", minute: "no machine left", change: func(h *host) { h.rename(hvf.ErrEntitlement) }},
	{wrong: "the framework is not preferred", minute: "signed", change: func(h *host) { h.backends[0], h.backends[1] = h.backends[1], h.backends[0] }},
	{wrong: "there is nothing else", minute: "no place for a copy", change: func(h *host) { h.backends = h.backends[:1] }},
	{wrong: "hvf may be something else", minute: "no place for a copy, asked for", change: func(h *host) { h.backends[0].New = h.backends[1].New }},
	{wrong: "a refusal that is not explained", minute: "no machine left, asked for", change: func(h *host) { h.rename(hvf.ReturnNoResources) }},
}

// trust makes the host believe a backend until the machine is made.
func (h *host) trust(n int) {
	make := h.backends[n].New
	h.backends[n].New = func() (hv.Hypervisor, error) {
		b, err := make()
		return &trusted{Hypervisor: b}, err
	}
}

type trusted struct {
	hv.Hypervisor
	asked bool
}

func (b *trusted) NewVM(c hv.Config) (hv.VM, error) {
	if !b.asked {
		b.asked = true
		return noVM{}, nil
	}
	return b.Hypervisor.NewVM(c)
}

type noVM struct{ hv.VM }

func (noVM) Close() error { return nil }

// rename makes the framework's refusal another one.
func (h *host) rename(refusal error) {
	real, _ := h.backends[0].New()
	h.backends[0].New = func() (hv.Hypervisor, error) {
		vm, err := real.NewVM(hv.Config{})
		if err != nil {
			return nil, refusal
		}
		return real, vm.Close()
	}
}

// TestFirstMinuteMutations: each mistake is noticed.
func TestFirstMinuteMutations(t *testing.T) {
	byName := map[string]firstMinute{}
	for _, c := range firstMinutes {
		byName[c.name] = c
	}
	for _, m := range firstMinuteMutations {
		c, ok := byName[m.minute]
		if !ok {
			t.Fatalf("there is no first minute %q", m.minute)
		}
		c.opt.Call = m.call
		wrong := c.check(t, m.change)
		if len(wrong) == 0 {
			t.Errorf("%s: %q does not notice", m.wrong, m.minute)
		}
		t.Logf("%s: %q", m.wrong, wrong)
	}
}
