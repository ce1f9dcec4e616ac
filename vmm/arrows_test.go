package vmm

import (
	"os/exec"
	"strings"
	"testing"
)

// arrows are the packages of the project that each may import. What is below
// an entry may import what the entry may, and its own internal packages.
var arrows = map[string][]string{
	"mmio":               {},
	"fdt":                {},
	"hvf":                {},
	"hvf/softcpu":        {"hvf"},
	"hvf/hvftest":        {"hvf", "hvf/softcpu"},
	"hvf/codesign":       {},
	"hvf/hvftest/signed": {"hvf/codesign"},
	"hvf/hvftest/fake":   {"hvf", "hvf/softcpu", "gic", "mmio"},
	"gic":                {"mmio"},
	"pl011":              {"mmio"},
	"pl031":              {"mmio"},
	"pl061":              {"mmio"},
	"virtio":             {"mmio", "virtio"},
	"boot":               {"fdt", "boot/cpio"},
	"boot/cpio":          {},
	"testdata":           {},
	"vmm":                {"mmio", "fdt", "hvf", "hvf/softcpu", "gic", "pl011", "pl031", "pl061", "virtio", "boot"},
	"vmm/vmtest":         {"vmm", "boot", "boot/cpio", "testdata"},
	"vmm/boottest":       {"vmm", "vmm/vmtest", "vmm/vmtest/guest", "boot"},
	"cmd/miniboot":       {"vmm", "vmm/vmtest/guest", "hvf", "hvf/codesign", "hvf/hvftest", "hvf/softcpu", "boot", "fdt", "virtio"},
}

// ruleOf finds the entry for a package: its own, or that of the nearest folder
// above it.
func ruleOf(pkg string) (entry string, ok bool) {
	for {
		if _, ok := arrows[pkg]; ok {
			return pkg, true
		}
		i := strings.LastIndexByte(pkg, '/')
		if i < 0 {
			return "", false
		}
		pkg = pkg[:i]
	}
}

// mayImport says whether the table lets packages of an entry import another.
// Sub-packages go with their folder, unless they have an entry of their own;
// whose internal packages they may use Go itself sees to.
func mayImport(entry, imported string) bool {
	_, own := arrows[imported]
	for _, to := range append([]string{entry}, arrows[entry]...) {
		if imported == to || !own && strings.HasPrefix(imported, to+"/") {
			return true
		}
	}
	return false
}

// TestArrows compares what each package imports of the project with the table.
// What it imports through others follows from theirs.
func TestArrows(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed: %v", err)
	}
	const module = "github.com/miniboot-vmm/miniboot/"
	cmd := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module)
		entry, ok := ruleOf(pkg)
		if !ok {
			t.Errorf("package %s has no rule: add it to the table, and to the architecture", pkg)
			continue
		}
		packages++
		for _, dep := range fields[1:] {
			dep, ours := strings.CutPrefix(dep, module)
			if ours && !mayImport(entry, dep) {
				t.Errorf("%s imports %s: %q may import %q", pkg, dep, entry, arrows[entry])
			}
		}
	}
	if packages < len(arrows)/2 {
		t.Errorf("only %d packages were looked at", packages)
	}
}
