//go:build unix

package signed

import "syscall"

// execve replaces the program of this process.
func execve(path string, args, env []string) error { return syscall.Exec(path, args, env) }
