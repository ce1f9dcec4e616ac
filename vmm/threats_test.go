package vmm

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// In a row of THREATS.md the tests are behind the package in which they are: `virtio` TestA, TestB, `vmm` FuzzC.
var (
	threatTests = regexp.MustCompile("`([a-z0-9/]+)` ((?:(?:Test|Fuzz)[A-Za-z0-9]+(?:, )?)+)")
	testName    = regexp.MustCompile(`(?:Test|Fuzz)[A-Za-z0-9]+`)
)

// threatClasses is how the rows of THREATS.md begin that cover the classes of flaw of other machine monitors. Hostile
// snapshots are not among them: there are no snapshots.
var threatClasses = []string{
	"queue registers that change", "queue size 0", "descriptors in a loop", "`avail.idx` that jumps",
	"a request that takes unbounded memory", "notification of a queue that does not exist", "a request that changes between",
	"half an index", "lengths whose sum overflows", "DMA to a device's registers", "reset, pause or the end", "entropy that is zeros",
	"vsock:", "shared folders: a way out", "shared folders: FORGET", "a raw disk", "kernels, initrds", "an unknown call, system register",
	"sockets that other users reach", "interrupts and timers", "a guest that makes the host work", "instructions that do the wrong thing",
}

// threat is a row: a class of flaw, what the project promises, and the tests that hold it.
type threat struct{ class, promise, tests string }

// readThreats returns the rows of THREATS.md. Between the first heading and the last one, "Not here", there must be
// nothing else: a promise elsewhere would have no test.
func readThreats(t *testing.T) (rows []threat) {
	t.Helper()
	text, err := os.ReadFile("../THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(text), "\n## ")
	tables, _, found := strings.Cut("## "+tables, "\n## Not here\n")
	if !found {
		t.Error("THREATS.md has no section \"Not here\"")
	}
	for line := range strings.Lines(tables) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case line == "", strings.HasPrefix(line, "## "), strings.HasPrefix(line, "|---"), cells[0] == "class":
		case len(cells) != 3:
			t.Errorf("this is no row of a class, what holds it, and tests: %s", line)
		default:
			rows = append(rows, threat{cells[0], cells[1], cells[2]})
		}
	}
	return rows
}

// TestThreats checks that each row of THREATS.md has a promise and names tests, and that these exist.
func TestThreats(t *testing.T) {
	for _, row := range readThreats(t) {
		named := threatTests.FindAllStringSubmatch(row.tests, -1)
		if len(named) == 0 || strings.TrimSpace(row.promise) == "" {
			t.Errorf("no test, or nothing that it would test: %+v", row)
		}
		for _, n := range named {
			source := testSource(t, n[1])
			for _, name := range testName.FindAllString(n[2], -1) {
				if !strings.Contains(source, "\nfunc "+name+"(") {
					t.Errorf("package %s has no %s", n[1], name)
				}
			}
		}
		if rest := strings.Trim(threatTests.ReplaceAllString(row.tests, ""), " ,"); rest != "" {
			t.Errorf("these are no names of tests behind their package: %q", rest)
		}
	}
}

// TestThreatsAreAll checks that THREATS.md has every class.
func TestThreatsAreAll(t *testing.T) {
	rows := readThreats(t)
	for _, class := range threatClasses {
		covered := 0
		for _, row := range rows {
			if strings.HasPrefix(row.class, class) {
				covered++
			}
		}
		if covered != 1 {
			t.Errorf("%d rows of THREATS.md begin with %q, want one", covered, class)
		}
	}
}

// testSource is all the source of a package's tests.
func testSource(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pkg), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(source)
	}
	return b.String()
}
