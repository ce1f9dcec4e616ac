package expect

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWithoutEcho(t *testing.T) {
	const line = "ls; echo expect-''3-status=$?"
	for _, test := range []struct{ name, console, want string }{
		{"plain", line + "\r\na\r\nb\r\n", "a\nb\n"},
		{"nothing printed", line + "\r\n", ""},
		{"behind the prompt", "/ # " + line + "\r\na\r\n", "a\n"},
		{"typed before the prompt", line + "\r\n/ # " + line + "\r\na\r\n", "a\n"},
		{"echo wrapped by the editor", "ls; echo expect-''3-sta \rtus=$?\r\na\r\n", "a\n"},
	} {
		if got := withoutEcho(test.console); got != test.want {
			t.Errorf("%s: withoutEcho(%q) = %q, want %q", test.name, test.console, got, test.want)
		}
	}
}

// Commands after which nothing could tell a status are refused before they are
// typed.
func TestRunRefuses(t *testing.T) {
	g := begin(t, "# ")
	for _, command := range []string{"exit 7", "  exec sh", "logout"} {
		if _, _, err := g.Run(t.Context(), command); err == nil || !strings.Contains(err.Error(), "ends the shell") {
			t.Errorf("Run(%q): %v", command, err)
		}
	}
	if out := g.Output(); strings.Contains(out, "exit") {
		t.Errorf("typed: %q", out)
	}
}

func TestOneCommand(t *testing.T) {
	for command, want := range map[string]string{
		"ls":            "ls",
		"ls # all":      "{ ls # all\n}",
		"a\nb":          "{ a\nb\n}",
		"exitcode=1; a": "exitcode=1; a",
	} {
		if got := oneCommand(command); got != want {
			t.Errorf("oneCommand(%q) = %q, want %q", command, got, want)
		}
		if endsShell.MatchString(command) {
			t.Errorf("%q is refused", command)
		}
	}
}

// A command that does not end is named by its error, and by that of the next one.
func TestRunUnended(t *testing.T) {
	g := begin(t, "# ") // a parrot is no shell: nothing ends
	tired := errors.New("tired")
	for i, command := range []string{"sleep 9", "ls", "pwd"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() { // when all of the line is typed and echoed
			for strings.Count(g.Output(), "$?") <= i {
				time.Sleep(time.Millisecond)
			}
			cancel(tired)
		}()
		_, _, err := g.Run(ctx, command)
		want := `expect: the command "sleep 9" has not ended: tired`
		if i > 0 {
			want = `expect: the command "` + command + `" has not ended, and "sleep 9" before it may still run: tired`
		}
		if err == nil || err.Error() != want || !errors.Is(err, tired) {
			t.Errorf("Run(%q): %v, want %s", command, err, want)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err := g.Run(t.Context(), "ls")
	if want := `expect: the guest does not take the command "ls": the machine is closed`; err == nil || err.Error() != want {
		t.Errorf("Run after Close: %v, want %s", err, want)
	}
}

// The status is the rest of the line behind the mark, and the next Expect begins behind that.
func TestRunStatus(t *testing.T) {
	g := begin(t, "expect-1-status=") // and then what is typed: {, a command, and a line's end
	if out, _, err := g.Run(t.Context(), "7 #"); out != "" || err == nil || !strings.Contains(err.Error(), `command "7 #": no exit status`) {
		t.Errorf("Run: %q, %v, want an error: the status is no number", out, err)
	}
	if before, err := g.Expect(t.Context(), "; echo"); before != "}" || err != nil {
		t.Errorf("Expect behind Run: %q, %v, want }", before, err)
	}
}
