package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// errInterrupted is ^C typed to the line editor.
var errInterrupted = errors.New("interrupted")

// terminalFD is the shell's own descriptor of its terminal: redirections may replace descriptor 0 for a while.
var terminalFD = -1

// A terminal is the shell's terminal. It is in the mode that programs expect, except while a line is edited.
type terminal struct {
	cooked syscall.Termios
}

var controlling *terminal

func openTerminal(f *os.File) (*terminal, error) {
	t := &terminal{}
	if err := getTermios(int(f.Fd()), &t.cooked); err != nil {
		return nil, err
	}
	t.cooked.Cc[syscall.VSUSP] = 0 // no job control, so no ^Z
	t.cooked.Cc[syscall.VQUIT] = 0 // ^\ would print the stacks of a Go program
	t.cooked.Lflag |= syscall.ICANON | syscall.ECHO | syscall.ISIG
	terminalFD = duplicate(int(f.Fd()))
	controlling = t
	return t, nil
}

// edit switches to single keys without echo; restore switches back. Neither discards what was typed ahead.
func (t *terminal) edit() {
	raw := t.cooked
	raw.Lflag &^= syscall.ICANON | syscall.ECHO | syscall.ISIG | syscall.IEXTEN
	raw.Iflag &^= syscall.ICRNL | syscall.IXON
	raw.Cc[syscall.VMIN], raw.Cc[syscall.VTIME] = 1, 0
	setTermios(terminalFD, &raw)
}

func (t *terminal) restore() { setTermios(terminalFD, &t.cooked) }

// takeTerminal makes this shell's process group the one in the foreground again, in the normal mode.
func (sh *shell) takeTerminal() {
	if sh.interactive {
		setForeground(terminalFD, syscall.Getpgrp())
		controlling.restore()
	}
}

// duplicate copies fd to a descriptor that no redirection can name and no program inherits. It returns -1 if it fails.
func duplicate(fd int) int {
	const firstFree = 10
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, firstFree)
	if errno != 0 {
		return -1
	}
	return int(n)
}

// A lineReader reads lines from the terminal through an editor.
type lineReader struct {
	terminal *terminal
	editor   editor
}

func newLineReader(t *terminal, complete func(string) []string) *lineReader {
	return &lineReader{terminal: t, editor: editor{complete: complete}}
}

// read returns a line without its newline; io.EOF for ^D or a hang-up, errInterrupted for ^C.
func (r *lineReader) read(prompt string) (string, error) {
	r.terminal.edit()
	defer r.terminal.restore()
	r.editor.start()
	r.write(prompt)
	for {
		var c [1]byte // read no more than this line: the next may be input for a program
		n, err := syscall.Read(terminalFD, c[:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return "", io.EOF
		}
		if c[0] == 'L'-'@' {
			r.write("\x1b[H\x1b[2J" + prompt + string(r.editor.line))
			r.editor.cursor = len(r.editor.line)
			continue
		}
		echo, event := r.editor.key(c[0])
		r.write(echo)
		switch event {
		case lineDone:
			line := string(r.editor.line)
			r.editor.remember(line)
			return line, nil
		case lineInterrupted:
			return "", errInterrupted
		case lineEnd:
			return "", io.EOF
		}
	}
}

func (r *lineReader) write(s string) {
	for p := []byte(s); len(p) > 0; {
		n, err := syscall.Write(terminalFD, p)
		if err != nil && err != syscall.EINTR {
			return
		}
		p = p[max(n, 0):]
	}
}

// completions returns what the last word of line may become: a command at the start of one, else a path.
func (sh *shell) completions(line string) []string {
	at := strings.LastIndexAny(line, " ;|&<>") + 1
	word := line[at:]
	before := strings.TrimRight(line[:at], " ")
	if isCommand := before == "" || strings.IndexByte(";|&", before[len(before)-1]) >= 0; isCommand && !strings.Contains(word, "/") {
		return commandsWith(word)
	}
	var paths []string
	found, _ := filepath.Glob(word + "*")
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path += "/"
		}
		paths = append(paths, path)
	}
	return paths
}

func commandsWith(prefix string) []string {
	seen := map[string]bool{}
	var names []string
	add := func(name string) {
		if strings.HasPrefix(name, prefix) && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for name := range applets {
		add(name)
	}
	for name := range builtins {
		add(name)
	}
	return names
}
