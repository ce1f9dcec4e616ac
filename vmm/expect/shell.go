package expect

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Run types a command at the guest's shell, which has to be at its prompt, and
// returns what it printed and its exit status. Any POSIX-like shell will do. The
// command may have several lines and comments. It must leave the shell there to
// tell the status: exit and exec are refused, and a program that reads the
// console to its end is for Send and Expect. After an error the command may still
// run, and take what is typed next.
func (g *Guest) Run(ctx context.Context, command string) (output string, status int, err error) {
	if endsShell.MatchString(command) {
		return "", 0, fmt.Errorf("expect: command %q ends the shell, which then has no status to tell: use Send", command)
	}
	g.commands++
	// The echo of the typed line must not look like the answer: the mark is
	// typed with quotes in it.
	mark := fmt.Sprintf("expect-%d-status=", g.commands)
	line := oneCommand(command) + "; echo expect-''" + strings.TrimPrefix(mark, "expect-") + "$?\n"
	if err := g.send(ctx, line); err != nil {
		return "", 0, g.failed(err, "the guest does not take the command %q", command)
	}
	var text string
	err = g.wait(ctx, func(out []byte) (end int) {
		before, rest, ok := bytes.Cut(out, []byte(mark))
		number, _, ok2 := bytes.Cut(rest, []byte("\n"))
		if !ok || !ok2 {
			return -1
		}
		output, text = string(before), string(number)
		return len(before) + len(mark) + len(number) + len("\n")
	})
	if err != nil {
		return "", 0, g.unfinished(err, command)
	}
	g.unended = ""
	if status, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
		return "", 0, g.failed(err, "command %q: no exit status", command)
	}
	return withoutEcho(output), status, nil
}

// unfinished is the error for a command whose end has not come. Another one from before
// it may be why: the shell reads this one when that has ended.
func (g *Guest) unfinished(err error, command string) error {
	before := g.unended
	if before == "" {
		g.unended = command
		return g.failed(err, "the command %q has not ended", command)
	}
	return g.failed(err, "the command %q has not ended, and %q before it may still run", command, before)
}

var endsShell = regexp.MustCompile(`^\s*(exit|exec|logout)\b`)

// oneCommand makes a group of what would otherwise end before a line's end or
// reach beyond it, so that the shell runs nothing before it has read all.
func oneCommand(command string) string {
	if strings.ContainsAny(command, "#\n") {
		return "{ " + command + "\n}"
	}
	return command
}

// withoutEcho drops the echoed line from a command's output. The line is there twice if it was typed before the shell was
// at its prompt: first from the terminal, then from the shell's line editor.
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
