package signed

import (
	"fmt"
	"os"
	"path/filepath"
)

// guard is the environment variable that passes a test's signed copy its folder. A test
// that finds it set never makes another copy, whatever its own signature says.
const guard = "MINIBOOT_SIGNED_TEST"

// Main runs the tests, in a signed copy if necessary, and ends the process. m is a
// *testing.M.
func Main(m interface{ Run() int }) {
	if err := mac.launchTest(); err != nil {
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

// launchTest returns only if it does not execute a copy. The copy removes its own
// folder: a test's program is not run again.
func (l launcher) launchTest() error {
	if os.Getenv(guard) != "" {
		return nil
	}
	name, program, err := l.signedSelf()
	if err != nil || program == nil {
		return err
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
	return fmt.Errorf("start the signed copy of %s: %w", name, err)
}
