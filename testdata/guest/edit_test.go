package main

import (
	"strings"
	"testing"
)

// A screen is one line of a terminal that shows what an editor says.
type screen struct {
	cells  []rune
	cursor int
}

func (s *screen) print(echo string) {
	for _, r := range echo {
		switch r {
		case '\b':
			s.cursor--
			continue
		case '\n':
			continue
		}
		if s.cursor == len(s.cells) {
			s.cells = append(s.cells, r)
		}
		s.cells[s.cursor] = r
		s.cursor++
	}
}

// shows reports whether the terminal has line with the cursor where the editor has it, and blanks behind it.
func (s *screen) shows(e *editor) bool {
	return strings.TrimRight(string(s.cells), " ") == strings.TrimRight(string(e.line), " ") && s.cursor == e.cursor
}

func TestEditor(t *testing.T) {
	const up, down, right, left, home, del = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[3~"
	for _, test := range []struct {
		keys   string
		line   string
		cursor int
	}{
		{"ls -l", "ls -l", 5},
		{"lsx\x7f", "ls", 2},
		{"\x7f\x7fa", "a", 1},
		{"ab" + left + "x", "axb", 2},
		{"ab" + left + left + left + "x" + right + "y", "xayb", 3},
		{"abc\x01x\x05y", "xabcy", 5},
		{"abc" + home + del, "bc", 0},
		{"abc\x02\x02\x0b", "a", 1},
		{"abc\x02\x15", "c", 0},
		{"cd  /tmp/x  \x17", "cd  ", 4},
		{"one two\x17\x17", "", 0},
		{"ab\x02\x04", "a", 1},
		{up, "second", 6},
		{up + up + up, "first", 5},
		{"new" + up + up + down, "second", 6},
		{"new" + up + down, "new", 3},
		{"\x10x\x0e", "", 0},
		{"aé" + left + "ü", "aüé", 2},
		{"x\x1b[9;9zy", "xy", 2},
		{"x\x1bOAy", "secondy", 7},
		{"\x07\x00a", "a", 1},
	} {
		e := &editor{history: []string{"first", "second"}}
		e.start()
		var s screen
		for _, c := range []byte(test.keys) {
			echo, event := e.key(c)
			s.print(echo)
			if event != lineOpen {
				t.Errorf("%q: event %d at %q", test.keys, event, c)
			}
		}
		if string(e.line) != test.line || e.cursor != test.cursor {
			t.Errorf("%q: line %q, cursor %d, want %q, %d", test.keys, string(e.line), e.cursor, test.line, test.cursor)
		}
		if !s.shows(e) {
			t.Errorf("%q: the terminal shows %q with the cursor at %d, the line is %q, %d", test.keys, string(s.cells), s.cursor, string(e.line), e.cursor)
		}
	}
}

func TestEditorEvents(t *testing.T) {
	for _, test := range []struct {
		keys string
		want lineEvent
	}{
		{"a\r", lineDone}, {"a\n", lineDone}, {"\r", lineDone}, {"a\x03", lineInterrupted}, {"\x04", lineEnd}, {"a\x7f\x04", lineEnd}, {"a\x04", lineOpen},
	} {
		e := &editor{}
		e.start()
		var event lineEvent
		for _, c := range []byte(test.keys) {
			_, event = e.key(c)
		}
		if event != test.want {
			t.Errorf("%q: event %d, want %d", test.keys, event, test.want)
		}
	}
}

func TestEditorCompletes(t *testing.T) {
	words := map[string][]string{
		"un": {"uname"}, "ls /b": {"/bin/"}, "m": {"mkdir", "mknod", "mount", "mv"}, "mk": {"mkdir", "mknod"}, "x": nil,
	}
	for _, test := range []struct{ line, want string }{
		{"un", "uname "}, {"ls /b", "ls /bin/"}, {"m", "m"}, {"mk", "mk"}, {"x", "x"},
	} {
		e := &editor{complete: func(line string) []string { return words[line] }}
		e.start()
		for _, c := range []byte(test.line + "\t") {
			e.key(c)
		}
		if string(e.line) != test.want {
			t.Errorf("%q and Tab: %q, want %q", test.line, string(e.line), test.want)
		}
	}
}

func TestEditorRemembers(t *testing.T) {
	e := &editor{}
	for _, line := range []string{"a", "a", " ", "", "b", "a"} {
		e.remember(line)
	}
	if got := strings.Join(e.history, ","); got != "a,b,a" {
		t.Errorf("history %s, want a,b,a", got)
	}
	for range 2 * historyLimit {
		e.remember("x")
		e.remember("y")
	}
	if len(e.history) != historyLimit {
		t.Errorf("%d lines of history, want %d", len(e.history), historyLimit)
	}
}

// FuzzEditor checks that the terminal always shows the line, whatever is typed.
func FuzzEditor(f *testing.F) {
	f.Add([]byte("ab\x1b[Dc\x7f\x01\x0b\x1b[A\x1b[3~é\x17"))
	f.Fuzz(func(t *testing.T, keys []byte) {
		e := &editor{history: []string{"first", "second line"}}
		e.start()
		var s screen
		for i, c := range keys {
			if strings.ContainsRune("\r\n\x03\x04\t", rune(c)) {
				continue
			}
			echo, _ := e.key(c)
			s.print(echo)
			if !s.shows(e) {
				t.Fatalf("%q: the terminal shows %q, %d, the line is %q, %d", keys[:i+1], string(s.cells), s.cursor, string(e.line), e.cursor)
			}
		}
	})
}
