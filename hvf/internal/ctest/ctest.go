// Package ctest builds C libraries for tests.
package ctest

import (
	"os/exec"
	"testing"
)

// Build compiles C files into a shared library at the path out. It skips the test if
// this host has no C compiler.
func Build(tb testing.TB, out string, args ...string) {
	tb.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		tb.Skip("no C compiler (cc): the calls into C libraries are not tested")
	}
	args = append([]string{"-shared", "-fPIC", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", out}, args...)
	if msg, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s %q: %v\n%s", cc, args, err, msg)
	}
}
