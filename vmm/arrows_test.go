package vmm

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/miniboot-vmm/miniboot/"

// arrows are what the packages of each row of ARCHITECTURE.md's table may
// import of the project. "everything" has no limit.
type arrows map[string][]string

var quoted = regexp.MustCompile("`([^`]+)`")

// readArrows reads the table under the heading "Packages".
func readArrows(t *testing.T) arrows {
	t.Helper()
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Packages\n")
	section, _, _ = strings.Cut(section, "\n## ")
	table := arrows{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(line, "|\n"), " | ")
		if !strings.HasPrefix(line, "| `") || len(cells) != 3 {
			continue
		}
		imports := names(cells[2])
		if strings.TrimSpace(cells[2]) == "everything" {
			imports = []string{"everything"}
		}
		for _, pkg := range names(cells[0]) {
			table[pkg] = imports
		}
	}
	return table
}

// names returns what stands between backquotes.
func names(cell string) []string {
	var out []string
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	return out
}

// row finds the row of a package: its own, or that of the nearest folder above.
func (a arrows) row(pkg string) (row string, ok bool) {
	for {
		if _, ok := a[pkg]; ok {
			return pkg, true
		}
		i := strings.LastIndexByte(pkg, '/')
		if i < 0 {
			return "", false
		}
		pkg = pkg[:i]
	}
}

// allow says whether the packages of a row may import another. Go itself checks the
// use of internal packages.
func (a arrows) allow(row, imported string) bool {
	to, _ := a.row(imported)
	return to == row || strings.HasPrefix(to, row+"/") || slices.Contains(a[row], to) || slices.Contains(a[row], "everything")
}

// TestArrows compares what each package imports of the project with the table.
// What it imports through others follows from theirs.
func TestArrows(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed: %v", err)
	}
	table := readArrows(t)
	imports := importsOf(t)
	for pkg, deps := range imports {
		row, ok := table.row(pkg)
		if !ok {
			t.Errorf("package %s has no row in ARCHITECTURE.md: add it", pkg)
			continue
		}
		for _, dep := range deps {
			if !table.allow(row, dep) {
				t.Errorf("%s imports %s: `%s` may import %q", pkg, dep, row, table[row])
			}
		}
	}
	for pkg := range table {
		if _, ok := imports[pkg]; !ok {
			t.Errorf("ARCHITECTURE.md has a row for %s, which does not exist", pkg)
		}
	}
}

// TestArrowsAreUsed: the table allows nothing that no package needs.
func TestArrowsAreUsed(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed: %v", err)
	}
	table := readArrows(t)
	used := map[[2]string]bool{}
	for pkg, deps := range importsOf(t) {
		from, _ := table.row(pkg)
		for _, dep := range deps {
			to, _ := table.row(dep)
			used[[2]string{from, to}] = true
		}
	}
	for from, tos := range table {
		for _, to := range tos {
			if to != "everything" && !used[[2]string{from, to}] && !rowmates(table, used, from, to) {
				t.Errorf("ARCHITECTURE.md lets `%s` import `%s`, and it does not", from, to)
			}
		}
	}
}

// rowmates says whether a package that shares the row of from imports to.
func rowmates(table arrows, used map[[2]string]bool, from, to string) bool {
	for arrow := range used {
		if arrow[1] == to && len(table[from]) > 0 && slices.Equal(table[arrow[0]], table[from]) {
			return true
		}
	}
	return false
}

// importsOf lists the packages of the project that have files for this system,
// and what each imports of the project.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...", "./testdata")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		var deps []string
		for _, dep := range fields[1:] {
			if dep, ours := strings.CutPrefix(dep, module); ours {
				deps = append(deps, dep)
			}
		}
		imports[strings.TrimPrefix(fields[0], module)] = deps
	}
	return imports
}
