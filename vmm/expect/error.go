package expect

import (
	"fmt"
	"strings"
)

// Error reports that something did not come, with the state of the guest.
type Error struct {
	What string // what did not come
	Err  error  // why it will not come

	State   string // of the vCPUs and the console, in lines
	Console string // the last lines of the console
}

// Error is one line.
func (e *Error) Error() string { return fmt.Sprintf("expect: %s: %v", e.What, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Detail is the error with the guest's state and its console, in several lines.
func (e *Error) Detail() string {
	return fmt.Sprintf("%v\n%s\nconsole, the last %d lines:\n%s", e, e.State, tailLines, e.Console)
}

// tailLines is how many lines of the console an error has.
const tailLines = 60

// failed makes an Error.
func (g *Guest) failed(err error, format string, args ...any) error {
	var state strings.Builder
	for _, s := range g.m.VCPUs() {
		fmt.Fprintln(&state, s)
	}
	state.WriteString(g.m.ConsoleState())
	return &Error{What: fmt.Sprintf(format, args...), Err: err, State: state.String(), Console: tail(g.console.text(), tailLines)}
}

// tail returns the last n lines of s.
func tail(s string, n int) string {
	at := len(s)
	for ; n > 0 && at > 0; n-- {
		at = strings.LastIndexByte(s[:at], '\n')
		if at < 0 {
			return s
		}
	}
	if at <= 0 {
		return s
	}
	return s[at+1:]
}
