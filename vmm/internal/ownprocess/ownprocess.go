// Package ownprocess runs a test in a process of its own, for tests that measure their process: its memory, its CPU
// time. Other tests can run at the same time then.
package ownprocess

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// mark is the environment variable that tells a process which test it is for.
const mark = "MINIBOOT_TEST_OF_PROCESS"

// In reports whether the test t, which is no subtest, runs in a process of its own. If not, it starts that process, which
// is this program with that test alone, waits for it, and takes over how it ended. The test has nothing to do then:
//
//	if !ownprocess.In(t) {
//		return
//	}
func In(t *testing.T) bool {
	t.Helper()
	if os.Getenv(mark) == t.Name() {
		return true
	}
	out, err := again(t.Context(), t.Name()).CombinedOutput()
	t.Logf("in a process of its own:\n%s", out)
	switch {
	case err != nil:
		t.Errorf("in a process of its own: %v", err)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()+" "):
		t.Skip("skipped: in a process of its own it was")
	}
	return false
}

// again is this program, with one test.
func again(ctx context.Context, name string) *exec.Cmd {
	args := []string{"-test.v", "-test.run=^" + regexp.QuoteMeta(name) + "$"}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), mark+"="+name)
	return cmd
}
