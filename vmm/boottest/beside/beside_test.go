package main

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/boot"
)

var testMachines = []machine{{name: "translator"}, {name: "QEMU"}}

func TestTableKeepsTheBest(t *testing.T) {
	var out strings.Builder
	table := newTable(&out, testMachines)
	for _, run := range []struct {
		machine    string
		time, rate float64
	}{{"translator", 3, 10}, {"QEMU", 8, 30}, {"translator", 2, 20}, {"QEMU", 9, 40}} {
		err := table.add(run.machine, []figure{{name: "time", value: run.time, unit: "s"}, {name: "rate", value: run.rate, unit: "MB/s"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	table.flush()
	var got [][]string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{
		{"translator", "QEMU", "translator/QEMU"},
		{"time", "s", "2.00", "8.00", "0.250"},
		{"rate", "MB/s", "20.0", "40.0", "0.500"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table differs (-want +got):\n%s", diff)
	}
}

func TestTableWithoutAMachine(t *testing.T) {
	var out strings.Builder
	table := newTable(&out, testMachines)
	if err := table.add("QEMU", []figure{{name: "x", value: 1, unit: "s"}}); err != nil {
		t.Fatal(err)
	}
	table.flush()
	if got := strings.Fields(out.String()); !cmp.Equal(got[3:], []string{"x", "s", "-", "1.00", "-"}) {
		t.Errorf("the row is %q, want no figure for the machine that has not run", got[3:])
	}
}

func TestWrongOutput(t *testing.T) {
	table := newTable(&strings.Builder{}, testMachines)
	if err := table.add("QEMU", []figure{{name: "md5sum", output: "aa"}}); err != nil {
		t.Fatal(err)
	}
	err := table.add("translator", []figure{{name: "md5sum", output: "bb"}})
	const want = `wrong output of md5sum: "bb", and "aa" on QEMU`
	if err == nil || err.Error() != want {
		t.Errorf("another output: error %v, want %s", err, want)
	}
}

func TestFormat(t *testing.T) {
	for value, want := range map[float64]string{0: "0.00", 0.0123: "0.012", 0.123: "0.123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234.4: "1234"} {
		if got := format(map[string]float64{"x": value}, "x"); got != want {
			t.Errorf("format of %v is %q, want %q", value, got, want)
		}
	}
}

func TestParseProgram(t *testing.T) {
	got, err := parseProgram("end md5sum 1.25 3.50 d41d8cd9")
	if want := (program{"md5sum", 1.25, 3.5, "d41d8cd9"}); err != nil || got != want {
		t.Errorf("parseProgram = %+v, %v, want %+v", got, err, want)
	}
	for _, event := range []string{"", "end md5sum 1.25 3.50", "end md5sum x 3.50 d41d8cd9", "end nothing 1 2 d41d8cd9"} {
		if _, err := parseProgram(event); err == nil {
			t.Errorf("parseProgram(%q) takes it", event)
		}
	}
}

// TestTitles: what programs.sh measures has a title, and the other way round.
func TestTitles(t *testing.T) {
	measured := map[string]bool{}
	for line := range strings.Lines(string(programsInit)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "measure" {
			measured[f[1]] = true
		}
	}
	for name := range titles {
		if !measured[name] {
			t.Errorf("programs.sh does not measure %s", name)
		}
	}
	if len(measured) != len(titles) {
		t.Errorf("programs.sh measures %v, the titles are %v", measured, titles)
	}
}

// TestLayout holds the addresses of miniboot's machine against its memory map.
func TestLayout(t *testing.T) {
	want := layout{uart: boot.UARTBase, gicd: boot.GICDBase, gicr: boot.GICRBase}
	if got := minibootMachine("", "").layout; got != want {
		t.Errorf("the layout is %#x, want %#x", got, want)
	}
}

func TestExitFigures(t *testing.T) {
	out := "00000000000003e8\n" + strings.Repeat("00000000000007d0\n", len(exitRows)) // 2000 ticks are 2 s
	figures, err := exitFigures(out)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range figures {
		r := exitRows[i]
		if want := 2 * r.scale / r.count; math.Abs(f.value/want-1) > 1e-9 || f.name != r.name || f.unit != r.unit {
			t.Errorf("%s is %v %s, want %v %s", f.name, f.value, f.unit, want, r.unit)
		}
	}
	for _, out := range []string{"", "3e8\n", "what\n", strings.Replace(out, "3e8", "000", 1), out + "1\n"} {
		if _, err := exitFigures(out); err == nil {
			t.Errorf("exitFigures(%q) takes it", out)
		}
	}
}

func TestDiskFigures(t *testing.T) {
	var out strings.Builder
	for _, r := range diskRows {
		out.WriteString("BenchmarkDisk/" + r.benchmark + "  1  3001234567 ns/op  12.5 MB/s\r\n")
	}
	figures, err := diskFigures("raw", out.String())
	if err != nil || len(figures) != len(diskRows) || figures[0].value != 12.5 || figures[0].unit != "MB/s" {
		t.Errorf("diskFigures = %v, %v, want %d of 12.5 MB/s", figures, err, len(diskRows))
	}
	if _, err := diskFigures("raw", "panic"); err == nil {
		t.Error("diskFigures takes an output without figures")
	}
}

// TestExitsGuest runs the guest of testdata/exits on this host's engines.
func TestExitsGuest(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: builds miniboot and a guest, not in short mode")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("skipped: %v", err)
	}
	b := &bench{ctx: t.Context(), timeout: 2 * time.Minute, dir: t.TempDir()}
	miniboot := b.file("miniboot")
	if err := b.goCommand(nil, "build", "-o", miniboot, module+"/cmd/miniboot"); err != nil {
		t.Fatal(err)
	}
	run, err := prepareExits(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"interpreter", "auto"} {
		figures, err := run(minibootMachine(miniboot, engine))
		if err != nil {
			t.Errorf("%s: %v", engine, err)
		}
		for _, f := range figures {
			if f.value <= 0 {
				t.Errorf("%s: %s is %v %s, want more than 0", engine, f.name, f.value, f.unit)
			}
		}
		if n := len(figures); n > 1 && figures[n-1].value < figures[n-2].value {
			t.Errorf("%s: the worst lateness is %v, the mean %v", engine, figures[n-1].value, figures[n-2].value)
		}
	}
}

func TestProc(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skipf("skipped: %v", err)
	}
	used := 0.0
	for used == 0 { // one tick comes
		var err error
		if used, err = cpuSeconds(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if used > 3600 {
		t.Errorf("%v s of CPU time for a test", used)
	}
	if mib, err := peakMiB(os.Getpid()); err != nil || mib < 1 || mib > 1<<20 {
		t.Errorf("peakMiB = %v, %v, want some MiB", mib, err)
	}
}
