package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// doctor prints what this host offers, as a table, and runs the conformance suite on the backend that would run a guest.
func doctor(args []string, stdout io.Writer) error {
	if _, err := parseCommand(flag.NewFlagSet("doctor", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return thisHost.doctor(stdout)
}

func (h host) doctor(stdout io.Writer) error {
	c, err := h.choose("auto", nil) // first of all: it may replace the program
	if err != nil {
		return err
	}
	t := newTable(stdout)
	t.row("version", version())
	t.row("host", fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()))
	h.describeMac(t)
	fw, err := h.framework()
	if err != nil {
		t.row("framework", err)
	} else {
		describeFramework(t, fw)
	}
	c.describe(t)
	if err == nil {
		describeClock(t, fw, c.Hypervisor)
	}
	if err == nil && c.onFramework() {
		describeVCPUs(t, fw)
	}
	return conform(t, c.Hypervisor)
}

// describeMac prints the Mac and whether this program may use its hypervisor.
func (h host) describeMac(t table) {
	if h.sysctl == nil {
		return
	}
	for _, r := range []struct{ name, sysctl string }{
		{"model", "hw.model"},
		{"chip", "machdep.cpu.brand_string"},
		{"macOS", "kern.osproductversion"},
		{"macOS build", "kern.osversion"},
		{"kern.hv_support", "kern.hv_support"},
		{"in a VM itself", "kern.hv_vmm_present"},
	} {
		t.row(r.name, told(h.sysctl(r.sysctl)))
	}
	exe, err := os.Executable()
	switch {
	case err != nil:
		t.row("entitlement", fmt.Sprintf("unknown: %v", err))
	case h.isCopy():
		t.row("entitlement", entitlementOf(exe)+", in a copy of the program: "+exe)
	default:
		t.row("entitlement", entitlementOf(exe))
	}
	if err == nil {
		t.row("SDK", sdkOf(exe))
	}
}

// table prints rows of a name and a value.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 20, 0, 2, ' ', 0)} }

func (t table) row(name string, value any) {
	fmt.Fprintf(t.w, "%s\t%v\n", name, value)
	t.w.Flush() // the next row may take a while, or end the process
}

// describe prints what runs guests.
func (c chosen) describe(t table) {
	if c.onFramework() {
		t.row("virtual machine", "can be made")
		t.row("runs guests", "Hypervisor.framework")
		return
	}
	if c.refusal != nil {
		t.row("virtual machine", c.refusal)
	}
	t.row("runs guests", "the software CPU, ARMv8.0-A")
	engine, err := c.soft.Engine()
	if err != nil {
		t.row("engine", fmt.Sprintf("%v: %v", engine, err))
	} else {
		t.row("engine", engine)
	}
}

// conform runs every case of the suite on h. It prints each failure, the reason for each group of skipped cases, and how
// many passed, were skipped and failed.
func conform(t table, h hv.Hypervisor) error {
	start := time.Now()
	var passed, skipped, failed int
	var last hvtest.Skipped // consecutive cases mostly share a reason
	for _, c := range hvtest.Cases() {
		err := c.Check(h)
		switch why := hvtest.Skipped(""); {
		case err == nil:
			passed++
		case errors.As(err, &why):
			if skipped++; why != last {
				group, _, _ := strings.Cut(c.Name, "/")
				t.row("skipped in "+group, why)
			}
			last = why
		default:
			failed++
			t.row("FAILED "+c.Name, err)
		}
	}
	t.row("conformance", fmt.Sprintf("%d cases passed, %d skipped, %d failed, in %v", passed, skipped, failed, time.Since(start).Round(time.Millisecond)))
	if failed > 0 {
		return fmt.Errorf("%d cases of the conformance suite failed: please report the table", failed)
	}
	return nil
}

// describeClock prints the rates at which this process, the host's clock and guests count. Whether a guest's time is the host's
// is a case of the suite.
func describeClock(t table, fw *hvf.Framework, h hv.Hypervisor) {
	t.row("CNTFRQ_EL0", fmt.Sprintf("%d Hz", fw.CounterFrequency()))
	base, err := fw.MachTimebaseInfo()
	t.row("mach timebase", told(fmt.Sprintf("%d/%d ns", base[0], base[1]), err))
	vm, err := h.NewVM(hv.Config{})
	if err != nil {
		return // which the table has already
	}
	defer vm.Close()
	t.row("guests' counters", fmt.Sprintf("%d Hz", vm.CounterFrequency()))
}

// sdkOf says which SDK a macOS program was linked with if that is newer than guests' counters need, and what to do.
func sdkOf(path string) string {
	sdk, newer := newerSDK(path)
	if !newer {
		return fmt.Sprintf("%v or older", codesign.KeepSDK)
	}
	return fmt.Sprintf("%v: guests may count at 1 GHz, run: miniboot sign %s", sdk, path)
}

// entitlementOf says whether a macOS program has the entitlement, and what to do if not.
func entitlementOf(path string) string {
	file, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	has, err := codesign.Has(file, codesign.Hypervisor)
	switch {
	case has:
		return "present"
	case err != nil:
		return fmt.Sprintf("missing (%v), run: miniboot sign %s", err, path)
	}
	return "missing, run: miniboot sign " + path
}
