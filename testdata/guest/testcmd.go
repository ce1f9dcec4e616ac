package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// runTest evaluates the expressions of test(1): 0 is true, 1 false, 2 an error.
func runTest(args []string) int {
	if n := len(args); n > 0 && args[n-1] == "]" {
		args = args[:n-1]
	}
	if len(args) == 0 {
		return 1
	}
	t := &tester{args: args}
	truth := t.or()
	if t.err == nil && len(t.args) > 0 {
		t.err = fmt.Errorf("%s: unexpected", t.args[0])
	}
	switch {
	case t.err != nil:
		fail("test", t.err)
		return 2
	case truth:
		return 0
	}
	return 1
}

// A tester evaluates from left to right. The first error sticks.
type tester struct {
	args []string
	err  error
}

func (t *tester) take() string {
	if len(t.args) == 0 {
		if t.err == nil {
			t.err = errors.New("an operand is missing")
		}
		return ""
	}
	arg := t.args[0]
	t.args = t.args[1:]
	return arg
}

func (t *tester) accept(s string) bool {
	if len(t.args) == 0 || t.args[0] != s {
		return false
	}
	t.args = t.args[1:]
	return true
}

func (t *tester) or() bool {
	truth := t.and()
	for t.accept("-o") {
		right := t.and()
		truth = truth || right
	}
	return truth
}

func (t *tester) and() bool {
	truth := t.primary()
	for t.accept("-a") {
		right := t.primary()
		truth = truth && right
	}
	return truth
}

func (t *tester) primary() bool {
	if len(t.args) >= 3 {
		if truth, ok := t.binary(t.args[0], t.args[1], t.args[2]); ok {
			t.args = t.args[3:]
			return truth
		}
	}
	switch {
	case len(t.args) > 1 && t.accept("!"):
		return !t.primary()
	case len(t.args) > 1 && t.accept("("):
		truth := t.or()
		if !t.accept(")") && t.err == nil {
			t.err = errors.New(") is missing")
		}
		return truth
	}
	if arg := t.take(); len(t.args) > 0 && len(arg) == 2 && arg[0] == '-' {
		return t.unary(arg[1], t.take())
	} else {
		return arg != ""
	}
}

// binary evaluates left op right; ok is false if op is none.
func (t *tester) binary(left, op, right string) (truth, ok bool) {
	switch op {
	case "=", "==":
		return left == right, true
	case "!=":
		return left != right, true
	}
	compare, ok := map[string]func(x, y int64) bool{
		"-eq": func(x, y int64) bool { return x == y }, "-ne": func(x, y int64) bool { return x != y },
		"-lt": func(x, y int64) bool { return x < y }, "-le": func(x, y int64) bool { return x <= y },
		"-gt": func(x, y int64) bool { return x > y }, "-ge": func(x, y int64) bool { return x >= y },
	}[op]
	if !ok {
		return false, false
	}
	x, err1 := strconv.ParseInt(left, 10, 64)
	y, err2 := strconv.ParseInt(right, 10, 64)
	if (err1 != nil || err2 != nil) && t.err == nil {
		t.err = fmt.Errorf("%s %s %s: not numbers", left, op, right)
	}
	return compare(x, y), true
}

// unary evaluates -n -z and the questions about files.
func (t *tester) unary(op byte, arg string) bool {
	switch op {
	case 'n':
		return arg != ""
	case 'z':
		return arg == ""
	case 't':
		fd, _ := strconv.Atoi(arg)
		var tty syscall.Termios
		return getTermios(fd, &tty) == nil
	case 'L', 'h':
		info, err := os.Lstat(arg)
		return err == nil && info.Mode()&os.ModeSymlink != 0
	}
	info, err := os.Stat(arg)
	if err != nil {
		return false
	}
	switch m := info.Mode(); op {
	case 'e':
		return true
	case 'f':
		return m.IsRegular()
	case 'd':
		return m.IsDir()
	case 's':
		return info.Size() > 0
	case 'b':
		return m&os.ModeDevice != 0 && m&os.ModeCharDevice == 0
	case 'c':
		return m&os.ModeCharDevice != 0
	case 'p':
		return m&os.ModeNamedPipe != 0
	case 'S':
		return m&os.ModeSocket != 0
	case 'r', 'w', 'x':
		return syscall.Access(arg, map[byte]uint32{'r': 4, 'w': 2, 'x': 1}[op]) == nil
	}
	if t.err == nil {
		t.err = fmt.Errorf("-%c: unknown", op)
	}
	return false
}
