// Package sandboxtest is what a program tries that was taken over: tests run it inside a sandbox, and without one to see
// that an attempt can succeed.
package sandboxtest

import (
	"fmt"
	"slices"
)

// A Target is what the attempts are directed at. A test makes it before the sandbox, none of it in the sandbox's paths.
type Target struct {
	Dir  string // a directory with the files "secret" and "victim", where files can be made
	Unix string // a Unix socket of another process, or of this one from before the sandbox
	TCP  string // a listener's address
	Exec string // a program that ends at once, with no arguments
}

// An attempt is something that a sandbox refuses.
type attempt struct {
	name string
	do   func(t Target) error // nil if it was not refused
}

// Succeeding makes the attempts and returns the names of those that were not refused.
func Succeeding(t Target) (names []string) {
	for _, a := range attempts {
		if a.do(t) == nil {
			names = append(names, a.name)
		}
	}
	return names
}

// Count is the number of attempts.
func Count() int { return len(attempts) }

// Compare is a line for each difference between what succeeded and what a test wants to succeed.
func Compare(got, want []string) (lines []string) {
	for _, name := range got {
		if !slices.Contains(want, name) {
			lines = append(lines, fmt.Sprintf("not refused: %s", name))
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			lines = append(lines, fmt.Sprintf("refused: %s", name))
		}
	}
	return lines
}
