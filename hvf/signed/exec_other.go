//go:build !unix

package signed

import "errors"

// execve is not needed here: nothing is signed.
func execve(string, []string, []string) error { return errors.New("this host cannot do that") }
