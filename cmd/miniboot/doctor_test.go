package main

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
)

func TestDoctor(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the conformance suite")
	}
	framework, runs := `.*only on Apple Silicon`, `the software CPU`
	if _, err := hvf.New(); err == nil {
		framework, runs = ``, `Hypervisor.framework` // TestMain has seen to the entitlement
	}
	var out bytes.Buffer
	if err := doctor(nil, &out); err != nil {
		t.Errorf("doctor: %v", err)
	}
	for _, want := range []string{
		`(?m)^version +miniboot `, `(?m)^host +\w+/\w+, \d+ CPUs$`, `(?m)^f(ramework|unctions) +` + framework,
		`(?m)^runs guests +` + runs, `(?m)^conformance +[1-9]\d* cases passed, \d+ skipped, 0 failed`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("no line matches %s in\n%s", want, &out)
		}
	}
}

// TestDescribeFramework: a table from old and new macOS, over the fake.
func TestDescribeFramework(t *testing.T) {
	for _, c := range []struct {
		opt  fake.Options
		want []string
	}{
		{fake.Options{}, []string{`functions +93 of 93 found\n`, `IPA bits, most +40\n`, `nested \(EL2\) +false\n`, `virtual machine +can be made\n`,
			`CNTFRQ_EL0 +24000000 Hz\n`, `mach timebase +125/3 ns\n`, `guests' counters +24000000 Hz\n`}},
		{fake.Options{CounterFrequency: 1e9}, []string{`CNTFRQ_EL0 +1000000000 Hz\n`, `guests' counters +1000000000 Hz\n`}},
		{fake.Options{ProcessFrequency: 1e9}, []string{`CNTFRQ_EL0 +1000000000 Hz\n`, `guests' counters +24000000 Hz\n`}},
		{fake.Options{EL2: true, MaxIPABits: 42}, []string{`IPA bits, most +42\n`, `nested \(EL2\) +true\n`}},
		{fake.Options{MacOS: hvf.MacOS{Major: 11}}, []string{
			`functions +\d+ of 93 found, .*\d+ of macOS 15.0 absent`, `nested \(EL2\) +.*came with macOS 15.0\n`, `GIC SPIs +.*came with macOS 15.0\n`,
		}},
		{fake.Options{CreateCode: hvf.ReturnDenied}, []string{`virtual machine +.*run: miniboot sign /`}},
	} {
		f := fake.New(t, c.opt)
		var out bytes.Buffer
		describeFramework(newTable(&out), f.Framework())
		makesVM(newTable(&out), f.Hypervisor())
		describeClock(newTable(&out), f.Framework(), f.Hypervisor())
		for _, want := range c.want {
			if !regexp.MustCompile(want).Match(out.Bytes()) {
				t.Errorf("%+v: no line matches %s in\n%s", c.opt, want, &out)
			}
		}
	}
}

// TestDoctorFindsWrongTime: doctor fails on a Mac whose guests count at another rate than they seem to.
func TestDoctorFindsWrongTime(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the conformance suite")
	}
	var out bytes.Buffer
	h := fake.New(t, fake.Options{CounterFrequency: 1e9, ProcessFrequency: 24e6}).Hypervisor()
	if err := conform(newTable(&out), h); err == nil || !strings.Contains(out.String(), "FAILED vm/time") {
		t.Errorf("error %v, and\n%s", err, &out)
	}
}

// TestConformFails: a backend that makes no machine passes no case, and the status tells.
func TestConformFails(t *testing.T) {
	var out bytes.Buffer
	if err := conform(newTable(&out), noMachines{}); err == nil || !strings.Contains(out.String(), "FAILED vm/runs") {
		t.Errorf("error %v, and\n%s", err, &out)
	}
}

type noMachines struct{}

func (noMachines) NewVM(hv.Config) (hv.VM, error) { return nil, errors.New("none left") }
