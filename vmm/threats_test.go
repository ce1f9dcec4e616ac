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

// TestThreats checks that each test that THREATS.md names exists, and that each row names one.
func TestThreats(t *testing.T) {
	text, err := os.ReadFile("../THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "class" {
			continue
		}
		rows++
		named := threatTests.FindAllStringSubmatch(cells[len(cells)-2], -1)
		if len(named) == 0 {
			t.Errorf("no test: %s", line)
		}
		for _, n := range named {
			source := testSource(t, n[1])
			for _, name := range testName.FindAllString(n[2], -1) {
				if !strings.Contains(source, "\nfunc "+name+"(") {
					t.Errorf("package %s has no %s", n[1], name)
				}
			}
		}
	}
	if rows < 20 {
		t.Errorf("%d rows in THREATS.md", rows)
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
