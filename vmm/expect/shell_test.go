package expect

import (
	"strings"
	"testing"
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
