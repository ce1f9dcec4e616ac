package main

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
)

func TestDoctor(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: runs the conformance suite, not in short mode")
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
		{fake.Options{}, []string{`functions +93 of 93 found\n`, `IPA bits, most +40\n`, `nested \(EL2\) +false\n`, `CNTFRQ_EL0 +24000000 Hz\n`, `mach timebase +125/3 ns\n`, `guests' counters +24000000 Hz\n`}},
		{fake.Options{CounterFrequency: 1e9}, []string{`CNTFRQ_EL0 +1000000000 Hz\n`, `guests' counters +1000000000 Hz\n`}},
		{fake.Options{ProcessFrequency: 1e9}, []string{`CNTFRQ_EL0 +1000000000 Hz\n`, `guests' counters +24000000 Hz\n`}},
		{fake.Options{EL2: true, MaxIPABits: 42}, []string{`IPA bits, most +42\n`, `nested \(EL2\) +true\n`}},
		{fake.Options{MacOS: hvf.MacOS{Major: 11}}, []string{
			`functions +\d+ of 93 found, .*\d+ of macOS 15.0 absent`, `nested \(EL2\) +.*came with macOS 15.0\n`, `GIC SPIs +.*came with macOS 15.0\n`,
		}},
	} {
		f := fake.New(t, c.opt)
		var out bytes.Buffer
		describeFramework(newTable(&out), f.Framework())
		describeClock(newTable(&out), f.Framework(), f.Hypervisor())
		for _, want := range c.want {
			if !regexp.MustCompile(want).Match(out.Bytes()) {
				t.Errorf("%+v: no line matches %s in\n%s", c.opt, want, &out)
			}
		}
	}
}

// TestDoctorOnMac: the whole table, over the fake, for each way to start on a Mac. The backend is the one that the command
// takes.
func TestDoctorOnMac(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: runs the conformance suite, not in short mode")
	}
	const mac = `version +miniboot .*
host +\w+/\w+, \d+ CPUs
model +value of hw.model
chip +value of machdep.cpu.brand_string
macOS +value of kern.osproductversion
macOS build +value of kern.osversion
kern.hv_support +value of kern.hv_support
in a VM itself +value of kern.hv_vmm_present
entitlement +missing .*, run: miniboot sign /.*COPY
SDK +12.0 or older
functions +93 of 93 found
vCPUs, most +64
IPA bits, default +36
IPA bits, most +40
IPA granule +1
nested \(EL2\) +false
GIC distributor +65536
GIC SPIs +988 from 32 on
SME vector bytes +.*
virtual machine +MACHINE
runs guests +RUNS
`
	const clock = `CNTFRQ_EL0 +24000000 Hz\nmach timebase +125/3 ns\nguests' counters +24000000 Hz`
	const conformance = `conformance +[1-9]\d* cases passed, \d+ skipped, 0 failed, in .*
`
	for _, c := range firstMinutes {
		if !slices.Contains([]string{"signed", "as go build leaves it", "no place for a copy", "no machine left"}, c.name) {
			continue // doctor has no flags, and the rest gives the same tables
		}
		m := newFakeMac(c.opt, c.refusal, c.noCopy)
		status, out, errs := m.run(t, nil, "doctor")
		machine, runs, copied := "can be made", `Hypervisor.framework\nCLOCK\nID registers +\d\d, the same on \d+ vCPUs`, ""
		if !c.framework {
			machine, runs = strings.TrimSuffix(strings.TrimPrefix(c.says, software), `\n`), `the software CPU, ARMv8.0-A\nengine +.*\nCLOCK`
			machine = "hvf: hv_vm_create: " + machine
		}
		if c.copies > 0 {
			copied = `, in a copy of the program: /.*`
		}
		want := strings.NewReplacer("COPY", copied, "MACHINE", machine, "RUNS", strings.Replace(runs, "CLOCK", clock, 1)).Replace(mac)
		if !regexp.MustCompile(`^`+want+`(skipped in .*\n)*`+conformance+`$`).MatchString(out) || status != exitPowerOff || errs != "" {
			t.Errorf("%s: status %d, %q, want\n%s%s\ngot\n%s", c.name, status, errs, want, conformance, out)
		}
		if m.copies != c.copies || m.entered.Load() > 0 != c.framework || len(m.reported) > 0 {
			t.Errorf("%s: replaced %d times, on the framework: %v, reported %q; the command is another", c.name, m.copies, m.entered.Load() > 0, m.reported)
		}
	}
}

// TestCompareVCPUs: vCPUs that show the same features, and others.
func TestCompareVCPUs(t *testing.T) {
	for _, c := range []struct {
		opt  fake.Options
		want string
	}{
		{fake.Options{}, `^1\d, the same on 3 vCPUs$`},
		{fake.Options{IDsDiffer: true}, `^ID_AA64ISAR1_EL1 0x\w+ on vCPU 1, 0x\w+ on vCPU 0; ID_AA64ISAR1_EL1 0x\w+ on vCPU 2, .*; the guest sees vCPU 0's$`},
		{fake.Options{CreateCode: hvf.ReturnNoResources}, `^hvf: hv_vm_create: HV_NO_RESOURCES`},
	} {
		got := told(compareVCPUs(fake.New(t, c.opt).Framework(), 3))
		if !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%+v: %s, want %s", c.opt, got, c.want)
		}
	}
	busy := fake.New(t, fake.Options{BusyAfterDestroy: 2})
	for range 2 {
		if _, err := compareVCPUs(busy.Framework(), 3); err != nil {
			t.Errorf("while the last machine disappears: %v", err)
		}
	}
	if got, err := compareVCPUs(fake.New(t, fake.Options{}).Framework(), 65); err == nil {
		t.Errorf("65 vCPUs: %s", got)
	}
}

// TestDoctorFindsWrongTime: doctor fails on a Mac whose guests count at another rate than they seem to.
func TestDoctorFindsWrongTime(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: runs the conformance suite, not in short mode")
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
