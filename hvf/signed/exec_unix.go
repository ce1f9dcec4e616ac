//go:build unix

package signed

import "syscall"

// execve makes this process run another program.
func execve(path string, args, env []string) error { return syscall.Exec(path, args, env) }
