package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestLinksNoTesting: the command runs the conformance suite, and has nothing of package testing for it.
func TestLinksNoTesting(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed: %v", err)
	}
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if deps := strings.Fields(string(out)); slices.Contains(deps, "testing") || len(deps) < 50 {
		t.Errorf("of %d packages one is testing, or they are too few", len(deps))
	}
}
