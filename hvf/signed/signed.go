package signed

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// guard is the environment variable that passes a signed copy its folder. A program
// that finds it set never makes another copy, whatever its own signature says.
const guard = "MINIBOOT_SIGNED_TEST"

// Main runs the tests, in a signed copy if necessary, and ends the process. m is a
// *testing.M.
func Main(m interface{ Run() int }) {
	if err := mac.launch(); err != nil {
		fmt.Fprintf(os.Stderr, "signed: %v; the tests run without the entitlement\n", err)
	}
	dir := os.Getenv(guard)
	os.Unsetenv(guard) // it is not meant for programs that the tests start
	status := m.Run()
	if dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

// launcher makes the signed copy and executes it.
type launcher struct {
	wanted func(program []byte) bool // whether a program has to be signed before it runs the tests
	sign   func(program []byte, name string) ([]byte, error)
	exec   func(path string, args, env []string) error // does not return
}

// mac is Main's launcher. On hosts other than Apple Silicon it wants no copy.
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

// launch returns only if it does not execute a copy. The copy removes its own
// folder.
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
	// The copy is a new file, because macOS caches the signature of a file that has
	// run.
	path := filepath.Join(dir, name)
	if err = os.WriteFile(path, program, 0o700); err == nil {
		err = l.exec(path, os.Args, append(os.Environ(), guard+"="+dir))
	}
	os.RemoveAll(dir)
	return fmt.Errorf("start the signed copy of %s: %w", exe, err)
}
