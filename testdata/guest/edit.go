package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A lineEvent is what a key did to the line as a whole.
type lineEvent int

const (
	lineOpen        lineEvent = iota
	lineDone                  // Enter
	lineInterrupted           // ^C
	lineEnd                   // ^D on an empty line
)

// An editor edits one line. It gets each byte typed and answers with the bytes that bring the terminal up to date. It
// does not know the prompt or the terminal's width: a line that wraps is shown correctly, but editing in its middle may
// look wrong.
type editor struct {
	line    []rune
	cursor  int
	history []string
	at      int    // history[at] is shown; len(history) is the line being typed
	typed   string // that line, while another is shown
	pending []byte // an escape sequence or a UTF-8 sequence that is not complete
	// complete returns the words that the word before the cursor may become.
	complete func(line string) []string
}

// historyLimit bounds the history, in lines.
const historyLimit = 500

// start begins a new line.
func (e *editor) start() {
	e.line, e.cursor, e.at, e.pending = nil, 0, len(e.history), nil
}

// remember adds a line to the history.
func (e *editor) remember(line string) {
	if strings.TrimSpace(line) == "" || len(e.history) > 0 && e.history[len(e.history)-1] == line {
		return
	}
	e.history = append(e.history, line)
	if len(e.history) > historyLimit {
		e.history = slices.Delete(e.history, 0, 1)
	}
}

// key takes one byte.
func (e *editor) key(c byte) (echo string, event lineEvent) {
	if len(e.pending) > 0 || c == 0x1B || c >= utf8.RuneSelf {
		return e.sequence(c), lineOpen
	}
	switch c {
	case '\r', '\n':
		return e.change(e.line, len(e.line)) + "\n", lineDone
	case 'C' - '@':
		return "^C\n", lineInterrupted
	case 'D' - '@':
		if len(e.line) == 0 {
			return "\n", lineEnd
		}
		return e.remove(e.cursor, e.cursor+1), lineOpen
	case '\t':
		return e.completeWord(), lineOpen
	}
	return e.edit(c), lineOpen
}

// edit takes a byte that does not end the line.
func (e *editor) edit(c byte) string {
	switch c {
	case 'A' - '@':
		return e.change(e.line, 0)
	case 'B' - '@':
		return e.change(e.line, e.cursor-1)
	case 'E' - '@':
		return e.change(e.line, len(e.line))
	case 'F' - '@':
		return e.change(e.line, e.cursor+1)
	case 'H' - '@', 0x7F:
		return e.remove(e.cursor-1, e.cursor)
	case 'K' - '@':
		return e.remove(e.cursor, len(e.line))
	case 'N' - '@':
		return e.show(e.at + 1)
	case 'P' - '@':
		return e.show(e.at - 1)
	case 'U' - '@':
		return e.remove(0, e.cursor)
	case 'W' - '@':
		return e.remove(e.wordStart(), e.cursor)
	}
	if c < ' ' {
		return ""
	}
	return e.insert(rune(c))
}

// sequence takes a byte of an escape sequence or of a UTF-8 sequence.
func (e *editor) sequence(c byte) string {
	e.pending = append(e.pending, c)
	p := string(e.pending)
	if p[0] != 0x1B {
		if !utf8.FullRuneInString(p) {
			return ""
		}
		e.pending = nil
		r, _ := utf8.DecodeRuneInString(p)
		return e.insert(r)
	}
	const longest = 8 // a sequence that goes on for longer is none of ours
	if len(p) == 1 || len(p) == 2 && (c == '[' || c == 'O') ||
		len(p) > 2 && len(p) < longest && (c >= '0' && c <= '9' || c == ';') {
		return ""
	}
	e.pending = nil
	switch strings.Replace(p[1:], "O", "[", 1) {
	case "[A":
		return e.show(e.at - 1)
	case "[B":
		return e.show(e.at + 1)
	case "[C":
		return e.change(e.line, e.cursor+1)
	case "[D":
		return e.change(e.line, e.cursor-1)
	case "[H", "[1~":
		return e.change(e.line, 0)
	case "[F", "[4~":
		return e.change(e.line, len(e.line))
	case "[3~":
		return e.remove(e.cursor, e.cursor+1)
	}
	return ""
}

func (e *editor) insert(runes ...rune) string {
	return e.change(slices.Insert(slices.Clone(e.line), e.cursor, runes...), e.cursor+len(runes))
}

// remove takes the characters from..to out of the line and leaves the cursor there.
func (e *editor) remove(from, to int) string {
	from, to = max(from, 0), min(to, len(e.line))
	if from >= to {
		return ""
	}
	return e.change(slices.Delete(slices.Clone(e.line), from, to), from)
}

// wordStart returns the position where the word before the cursor begins.
func (e *editor) wordStart() int {
	i := e.cursor
	for i > 0 && e.line[i-1] == ' ' {
		i--
	}
	for i > 0 && e.line[i-1] != ' ' {
		i--
	}
	return i
}

// show replaces this line with a line of the history.
func (e *editor) show(at int) string {
	if at < 0 || at > len(e.history) || at == e.at {
		return ""
	}
	if e.at == len(e.history) {
		e.typed = string(e.line)
	}
	e.at = at
	line := []rune(e.typed)
	if at < len(e.history) {
		line = []rune(e.history[at])
	}
	return e.change(line, len(line))
}

// change sets line and cursor, and returns the bytes that show them: backspaces to where the lines differ, the rest of the
// new line, blanks over the rest of the old line, backspaces to the cursor.
func (e *editor) change(line []rune, cursor int) string {
	cursor = max(0, min(cursor, len(line)))
	same := 0
	for same < min(len(line), len(e.line)) && line[same] == e.line[same] {
		same++
	}
	if same == len(line) && same == len(e.line) { // only the cursor moves
		same = min(cursor, e.cursor)
	}
	var b strings.Builder
	back := func(n int) { b.WriteString(strings.Repeat("\b", max(n, 0))) }
	back(e.cursor - same)
	shown := max(same, cursor)
	if len(line) != len(e.line) || string(line) != string(e.line) {
		shown = len(line)
	}
	b.WriteString(string(line[min(same, e.cursor):shown]))
	blanks := max(len(e.line)-len(line), 0)
	b.WriteString(strings.Repeat(" ", blanks))
	back(blanks + shown - cursor)
	e.line, e.cursor = line, cursor
	return b.String()
}

// completeWord extends the word before the cursor by the text that all its completions share.
func (e *editor) completeWord() string {
	if e.complete == nil {
		return ""
	}
	line := string(e.line[:e.cursor])
	word := line[strings.LastIndexAny(line, " ;|&<>")+1:]
	candidates := e.complete(line)
	if len(candidates) == 0 {
		return ""
	}
	common := candidates[0]
	for _, c := range candidates[1:] {
		for !strings.HasPrefix(c, common) {
			common = common[:len(common)-1]
		}
	}
	if len(candidates) == 1 && !strings.HasSuffix(common, "/") {
		common += " "
	}
	added, ok := strings.CutPrefix(common, word)
	if !ok || added == "" {
		return ""
	}
	return e.insert([]rune(added)...)
}
