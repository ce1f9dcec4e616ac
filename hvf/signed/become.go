package signed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// copyOf is the environment variable that a signed copy finds. Its value is the process,
// which stays the same: what the copy starts inherits the variable, and it means nothing
// there.
const copyOf = "MINIBOOT_SIGNED_COPY"

// ErrCopy says that this process runs a copy that Become has made, and that it lacks the
// signature all the same. Another one would not help.
var ErrCopy = errors.New("signed: this is a signed copy already: sign the program with miniboot sign")

// Become replaces this program by a signed copy of it, in the same process, and returns
// only if it does not: nil if the program needs no other signature, else why there is no
// copy. The copy is in the user's cache directory, under a name that depends on its
// content, where the next start finds it. If before is not nil, it is called with the
// copy's path before the program is replaced.
//
// The copy has no other entitlement, whatever the program is signed with.
func Become(before func(path string)) error { return mac.become(before) }

// IsCopy says whether this process runs a copy that Become has made.
func IsCopy() bool { return os.Getenv(copyOf) == strconv.Itoa(os.Getpid()) }

func (l launcher) become(before func(path string)) error {
	name, program, err := l.signedSelf()
	if err != nil {
		return fmt.Errorf("signed: %w", err)
	}
	if program == nil {
		return nil
	}
	if IsCopy() {
		return ErrCopy
	}
	if l.setUID() { // the environment names the folder, and is somebody else's
		return fmt.Errorf("signed: %s runs with the rights of user %d, not of %d who has started it: sign it with miniboot sign", name, os.Geteuid(), os.Getuid())
	}
	path, err := l.install(name, program)
	if err != nil {
		return fmt.Errorf("signed: make a signed copy: %w", err)
	}
	if before != nil {
		before(path)
	}
	err = l.exec(path, os.Args, environment(copyOf, os.Getpid()))
	return fmt.Errorf("signed: start the signed copy %s: %w", path, err)
}

// environment is this process's, with one variable more.
func environment(name string, value int) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, name+"=") })
	return append(env, name+"="+strconv.Itoa(value))
}

// trial is the environment variable of a copy that is started only to see whether it
// starts. Its value is the parent process.
const trial = "MINIBOOT_SIGNED_TRIAL"

func init() {
	if os.Getenv(trial) == strconv.Itoa(os.Getppid()) {
		os.Exit(0)
	}
}

// trialTime is how long a copy may take to start. macOS examines a program before it runs
// it for the first time.
const trialTime = time.Minute

// starts reports why this host does not run a copy of this program: macOS kills a
// program whose signature it does not like, and some file systems let none run. That has
// to be known before the copy takes this program's place.
func starts(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), trialTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = environment(trial, os.Getpid())
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("it does not start: %w", err)
	}
	return nil
}
