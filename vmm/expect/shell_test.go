package expect

import "testing"

func TestWithoutEcho(t *testing.T) {
	const line = "ls; echo vmtest-''3-status=$?"
	for _, test := range []struct{ name, console, want string }{
		{"plain", line + "\r\na\r\nb\r\n", "a\nb\n"},
		{"nothing printed", line + "\r\n", ""},
		{"behind the prompt", "/ # " + line + "\r\na\r\n", "a\n"},
		{"typed before the prompt", line + "\r\n/ # " + line + "\r\na\r\n", "a\n"},
		{"echo wrapped by the editor", "ls; echo vmtest-''3-sta \rtus=$?\r\na\r\n", "a\n"},
	} {
		if got := withoutEcho(test.console); got != test.want {
			t.Errorf("%s: withoutEcho(%q) = %q, want %q", test.name, test.console, got, test.want)
		}
	}
}
