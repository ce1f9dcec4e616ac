//go:build linux || darwin

package fs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// TestErrnos compares the table with the numbers that Go itself has, for both
// systems, as far as its source is there.
func TestErrnos(t *testing.T) {
	darwin, linux := errnosOfGo(t, "darwin"), errnosOfGo(t, "linux")
	// What Linux does not have, or calls otherwise.
	instead := map[string]string{
		"ENOATTR": "ENODATA", "EFTYPE": "EINVAL", "EPROCLIM": "EAGAIN", "EQFULL": "ENOSPC", "EDEVERR": "EIO", "EPWROFF": "EIO",
		"EAUTH": "EACCES", "ENEEDAUTH": "EACCES",
	}
	rows := map[string]bool{}
	for _, e := range errnos {
		rows[e.name] = true
		name := e.name
		if instead[name] != "" {
			name = instead[name]
		}
		if int(e.darwin) != darwin[e.name] || int(e.linux) != linux[name] {
			t.Errorf("%s: %d is %d, want %d is %d (%s)", e.name, e.darwin, e.linux, darwin[e.name], linux[name], name)
		}
	}
	for name := range darwin {
		if _, both := linux[name]; both && !rows[name] && name != "EWOULDBLOCK" {
			t.Errorf("%s is not in the table", name)
		}
	}
}

// errnosOfGo reads package syscall's numbers for a system on arm64.
func errnosOfGo(t *testing.T, goos string) map[string]int {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("skipped: no go command: %v", err)
	}
	name := filepath.Join(strings.TrimSpace(string(root)), "src", "syscall", "zerrors_"+goos+"_arm64.go")
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Skipf("skipped: no source of package syscall: %v", err)
	}
	numbers := map[string]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || v.Names[0].Name[0] != 'E' {
			return true
		}
		call, ok := v.Values[0].(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if lit, ok := call.Args[0].(*ast.BasicLit); ok {
			number, err := strconv.ParseInt(lit.Value, 0, 32)
			if err != nil {
				t.Fatalf("%s: %v", v.Names[0].Name, err)
			}
			numbers[v.Names[0].Name] = int(number)
		}
		return true
	})
	return numbers
}

// TestGuestErrno translates what file systems return on this host.
func TestGuestErrno(t *testing.T) {
	for _, tc := range []struct {
		host syscall.Errno
		want int32
	}{
		{0, 0}, {unix.EPERM, 1}, {unix.ENOENT, 2}, {unix.EIO, 5}, {unix.EAGAIN, 11}, {unix.EEXIST, 17}, {unix.EROFS, 30},
		{unix.EDEADLK, 35}, {unix.ENAMETOOLONG, 36}, {unix.ENOLCK, 37}, {unix.ENOSYS, 38}, {unix.ENOTEMPTY, 39}, {unix.ELOOP, 40},
		{syscall.Errno(fuse.ENOATTR), 61}, {unix.EOVERFLOW, 75}, {unix.EOPNOTSUPP, 95}, {unix.ENOTSUP, 95}, {unix.ESTALE, 116},
		{unix.EDQUOT, 122},
	} {
		if got := guestErrno(fuse.Status(tc.host)); got != tc.want {
			t.Errorf("%v (%d on this host) is %d for the guest, want %d", tc.host, int(tc.host), got, tc.want)
		}
	}
}
