//go:build unix

package signed

import (
	"io/fs"
	"os"
	"syscall"
)

// execve replaces the program of this process.
func execve(path string, args, env []string) error { return syscall.Exec(path, args, env) }

// ownedByUser says whether a file belongs to this process's user.
func ownedByUser(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}
