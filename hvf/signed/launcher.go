package signed

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// launcher makes a signed copy of the program and executes it. Tests replace its parts.
type launcher struct {
	wanted func(program []byte) bool // whether a program has to be signed
	sign   func(program []byte, name string) ([]byte, error)
	cache  func() (string, error)                      // the user's cache directory
	setUID func() bool                                 // whether the program runs with another user's rights
	starts func(path string) error                     // whether the host runs a program
	exec   func(path string, args, env []string) error // does not return if it succeeds
}

// mac is the launcher. On hosts other than Apple Silicon it wants no copy.
var mac = launcher{
	wanted: func(program []byte) bool {
		if runtime.GOOS != "darwin" || runtime.GOARCH != "arm64" {
			return false
		}
		has, _ := codesign.Has(program, codesign.Hypervisor)
		return !has
	},
	sign: func(program []byte, name string) ([]byte, error) {
		return codesign.Sign(program, name, codesign.Entitlements{codesign.Hypervisor})
	},
	cache:  os.UserCacheDir,
	setUID: func() bool { return os.Getuid() != os.Geteuid() },
	starts: starts,
	exec:   execve,
}

// signedSelf returns this program's name, and its content with a signature. The content
// is nil if the program needs none.
func (l launcher) signedSelf() (name string, program []byte, err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	if program, err = os.ReadFile(exe); err != nil || !l.wanted(program) {
		return "", nil, err
	}
	name = filepath.Base(exe)
	if program, err = l.sign(program, name); err != nil {
		return "", nil, fmt.Errorf("sign %s: %w", exe, err)
	}
	return name, program, nil
}
