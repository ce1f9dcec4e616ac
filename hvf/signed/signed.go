package signed

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// guard is the environment variable that has the folder of a signed copy while
// that starts. A copy never makes another, whatever its signature looks like.
const guard = "MINIBOOT_SIGNED_TEST"

// Main runs the tests, signed if need be, and ends the process. M is *testing.M.
func Main(m interface{ Run() int }) {
	if err := mac.launch(); err != nil {
		fmt.Fprintf(os.Stderr, "signed: %v; the tests run without the entitlement\n", err)
	}
	dir := os.Getenv(guard)
	os.Unsetenv(guard) // programs that the tests start are not this copy
	status := m.Run()
	if dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

// launcher makes the copy and becomes it.
type launcher struct {
	wanted func(program []byte) bool // whether a program is to be signed before it runs the tests
	sign   func(program []byte, name string) ([]byte, error)
	exec   func(path string, args, env []string) error // does not return
}

// mac is the launcher that Main takes on every host.
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
	exec: execve,
}

// launch does not return if there is a copy to run. Its folder is the copy's to
// remove.
func (l launcher) launch() error {
	if os.Getenv(guard) != "" {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		return err
	}
	if !l.wanted(program) {
		return nil
	}
	name := filepath.Base(exe)
	if program, err = l.sign(program, name); err != nil {
		return fmt.Errorf("sign %s: %w", exe, err)
	}
	dir, err := os.MkdirTemp("", "miniboot-signed-")
	if err != nil {
		return err
	}
	// A new file: macOS remembers the signature of one that has run.
	path := filepath.Join(dir, name)
	if err = os.WriteFile(path, program, 0o700); err == nil {
		err = l.exec(path, os.Args, append(os.Environ(), guard+"="+dir))
	}
	os.RemoveAll(dir)
	return fmt.Errorf("start the signed copy of %s: %w", exe, err)
}
