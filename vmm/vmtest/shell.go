package vmtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Run types a command at the guest's shell, which has to be at its prompt, and
// returns what it printed and its exit status. Any POSIX-like shell will do.
func (g *Guest) Run(command string) (output string, status int) {
	g.t.Helper()
	return g.RunWithin(Deadline, command)
}

// RunWithin is Run with another deadline.
func (g *Guest) RunWithin(d time.Duration, command string) (output string, status int) {
	g.t.Helper()
	g.commands++
	// The echo of the typed line must not look like the answer: the mark is
	// typed with quotes in it.
	mark := fmt.Sprintf("vmtest-%d-status=", g.commands)
	g.Send(command + "; echo vmtest-''" + strings.TrimPrefix(mark, "vmtest-") + "$?\n")
	output = g.ExpectWithin(d, mark)
	text := strings.TrimSpace(g.Expect("\n"))
	status, err := strconv.Atoi(text)
	if err != nil {
		g.fail("command %q: no exit status in %q", command, text)
	}
	return withoutEcho(output), status
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

// MustRun is Run for commands that have to succeed.
func (g *Guest) MustRun(command string) string {
	g.t.Helper()
	out, status := g.Run(command)
	if status != 0 {
		g.fail("command %q: exit status %d: %s", command, status, out)
	}
	return out
}
