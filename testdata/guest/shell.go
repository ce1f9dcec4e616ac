package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// A shell interprets scripts. Its variables are the environment: each of them is exported.
type shell struct {
	name        string   // $0
	args        []string // $1...
	status      int      // $?
	background  int      // $!, the last process started with &
	jobs        []int    // processes started with & and not waited for
	interactive bool     // standard input is the controlling terminal
	interrupted atomic.Bool
	exiting     bool
	breaks      int  // loops still to leave
	continues   bool // the last of them continues
}

func runShell(args []string) int {
	sh := &shell{name: "sh"}
	switch {
	case len(args) >= 2 && args[0] == "-c":
		if len(args) > 2 {
			sh.name, sh.args = args[2], args[3:]
		}
		return sh.runText(args[1])
	case len(args) >= 1:
		text, err := os.ReadFile(args[0])
		if err != nil {
			return fail("sh", err)
		}
		sh.name, sh.args = args[0], args[1:]
		return sh.runText(string(text))
	}
	return sh.runInput()
}

// runText runs a whole script.
func (sh *shell) runText(text string) int {
	s, err := parse(text)
	if err != nil {
		fail(sh.name, err)
		return 2
	}
	return sh.run(s)
}

// runInput runs the commands on standard input, with a prompt and line editing if that is a terminal.
func (sh *shell) runInput() int {
	var read func(prompt string) (string, error)
	if t, err := openTerminal(os.Stdin); err == nil {
		sh.interactive = true
		sh.takeSignals()
		sh.takeTerminal()
		read = newLineReader(t, sh.completions).read
	} else {
		read = func(string) (string, error) { return readLine(os.Stdin) }
	}
	for !sh.exiting {
		s, err := readScript(read, sh.prompt())
		switch {
		case err == io.EOF:
			return sh.status
		case err != nil:
			fail(sh.name, err)
			sh.status = 2
		default:
			sh.interrupted.Store(false)
			sh.run(s)
			if sh.interrupted.Load() {
				fmt.Fprintln(os.Stderr) // after the terminal's ^C
			}
			sh.reap()
		}
	}
	return sh.status
}

// readScript reads lines until they are a script.
func readScript(read func(prompt string) (string, error), prompt string) (script, error) {
	var text string
	for {
		line, err := read(prompt)
		if err == errInterrupted {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		text += line + "\n"
		if backslashes := len(line) - len(strings.TrimRight(line, `\`)); backslashes%2 == 1 {
			prompt = "> "
			continue
		}
		s, err := parse(text)
		if !errors.Is(err, errIncomplete) {
			return s, err
		}
		prompt = "> "
	}
}

// readLine reads a line byte by byte, and nothing after it: that may be input for the command on the line.
func readLine(f *os.File) (string, error) {
	var line []byte
	var c [1]byte
	for {
		n, err := f.Read(c[:])
		switch {
		case n == 0 && len(line) > 0 || n == 1 && c[0] == '\n':
			return string(line), nil
		case n == 0:
			return "", err
		}
		line = append(line, c[0])
	}
}

// takeSignals makes ^C end a loop of this shell instead of the shell itself.
func (sh *shell) takeSignals() {
	signal.Ignore(syscall.SIGTTOU, syscall.SIGTTIN, syscall.SIGTSTP, syscall.SIGQUIT)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, syscall.SIGINT)
	go func() { // for as long as the process lives
		for range interrupts {
			sh.interrupted.Store(true)
		}
	}()
}

func (sh *shell) prompt() string {
	dir, err := os.Getwd()
	if err != nil {
		dir = "?"
	}
	return dir + " # "
}

// get returns the value of a variable or of a special parameter.
func (sh *shell) get(name string) string {
	switch name {
	case "?":
		return strconv.Itoa(sh.status)
	case "$":
		return strconv.Itoa(os.Getpid())
	case "!":
		return strconv.Itoa(sh.background)
	case "#":
		return strconv.Itoa(len(sh.args))
	case "@", "*":
		return strings.Join(sh.args, " ")
	case "0":
		return sh.name
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n <= len(sh.args) {
			return sh.args[n-1]
		}
		return ""
	}
	return os.Getenv(name)
}

func (sh *shell) set(name, value string) { os.Setenv(name, value) }

// complain prints an error of the shell's own and sets the status to 1.
func (sh *shell) complain(err error) int {
	fmt.Fprintf(os.Stderr, "sh: %v\n", err)
	sh.status = 1
	return 1
}
