package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// errNoGo is returned when the go command is needed and not installed.
var errNoGo = errors.New("the go command is not in PATH: install Go (https://go.dev/dl)")

// goMod makes the guest's source a module. It has no requirements, so building it needs no network.
const goMod = "module miniboot/guest\n\ngo 1.24\n"

// A goCommand runs the go command in a new module, apart from any module of the current directory.
type goCommand struct {
	dir string
}

func newGoCommand() (goCommand, error) {
	dir, err := os.MkdirTemp("", "miniboot-guest-")
	if err != nil {
		return goCommand{}, err
	}
	g := goCommand{dir}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(goMod), 0o666); err != nil {
		g.close()
		return goCommand{}, err
	}
	return g, nil
}

func (g goCommand) close() { os.RemoveAll(g.dir) }

// run returns standard output. env is added to this process's environment. An error has the last line of standard
// error.
func (g goCommand) run(ctx context.Context, env []string, args ...string) ([]byte, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, errNoGo
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = g.dir, &stdout, &stderr
	// The user's settings for proxies and toolchains stay. The settings for modules are meant for the user's own modules.
	cmd.Env = append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOFLAGS=")
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return stdout.Bytes(), fmt.Errorf("go %s: %w: %s", args[0], err, lastLine(stderr.String()))
	}
	return stdout.Bytes(), nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
