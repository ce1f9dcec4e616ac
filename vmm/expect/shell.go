package expect

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Run types a command at the guest's shell, which has to be at its prompt, and
// returns what it printed and its exit status. Any POSIX-like shell will do.
func (g *Guest) Run(ctx context.Context, command string) (output string, status int, err error) {
	g.commands++
	// The echo of the typed line must not look like the answer: the mark is
	// typed with quotes in it.
	mark := fmt.Sprintf("vmtest-%d-status=", g.commands)
	if err := g.Send(ctx, command+"; echo vmtest-''"+strings.TrimPrefix(mark, "vmtest-")+"$?\n"); err != nil {
		return "", 0, err
	}
	if output, err = g.Expect(ctx, mark); err != nil {
		return "", 0, err
	}
	text, err := g.Expect(ctx, "\n")
	if err != nil {
		return "", 0, err
	}
	if status, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
		return "", 0, g.failed(err, "command %q: no exit status", command)
	}
	return withoutEcho(output), status, nil
}

// withoutEcho drops the echoed line from a command's output. It is there twice when the line was typed before the shell
// was at its prompt: the terminal has echoed it, and then the shell's line editor.
func withoutEcho(output string) string {
	const end = "-status=$?"
	if i := strings.LastIndex(output, end); i >= 0 {
		output = output[i+len(end):]
	}
	if i := strings.IndexByte(output, '\n'); i >= 0 {
		output = output[i+1:]
	}
	return strings.ReplaceAll(output, "\r\n", "\n")
}
