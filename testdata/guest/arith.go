package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// arithmetic evaluates the inside of $((...)): C's operators on int64, without assignment.
func (e *expander) arithmetic(s string) (string, error) {
	text, err := e.sh.expandWord(strings.ReplaceAll(s, "~", `\~`))
	if err != nil {
		return "", err
	}
	a := &arith{sh: e.sh, rest: text}
	value := a.binary(0)
	if a.skip(); a.err == nil && a.rest != "" {
		a.err = fmt.Errorf("arithmetic: unexpected %s in %s", a.rest, text)
	}
	return strconv.FormatInt(value, 10), a.err
}

// arith is a precedence-climbing evaluator. The first error sticks.
type arith struct {
	sh    *shell
	rest  string
	depth int
	err   error
}

// binaryOperators lists the operators by level, the weakest first; within a level the longer first.
var binaryOperators = [][]string{
	{"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="}, {"<=", ">=", "<", ">"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"},
}

func (a *arith) skip() { a.rest = strings.TrimLeft(a.rest, " \t\n") }

// operator takes an operator of the level off the text.
func (a *arith) operator(level int) string {
	a.skip()
	for _, op := range binaryOperators[level] {
		after, ok := strings.CutPrefix(a.rest, op)
		// "|" is not the start of "||", nor "<" that of "<<".
		if ok && (len(op) > 1 || !strings.HasPrefix(after, op) || !strings.Contains("|&<>", op)) {
			a.rest = after
			return op
		}
	}
	return ""
}

func (a *arith) binary(level int) int64 {
	if level == len(binaryOperators) {
		return a.unary()
	}
	x := a.binary(level + 1)
	for a.err == nil {
		op := a.operator(level)
		if op == "" {
			break
		}
		x = a.apply(op, x, a.binary(level+1))
	}
	return x
}

func (a *arith) apply(op string, x, y int64) int64 {
	truth := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	switch op {
	case "||":
		return truth(x != 0 || y != 0)
	case "&&":
		return truth(x != 0 && y != 0)
	case "|":
		return x | y
	case "^":
		return x ^ y
	case "&":
		return x & y
	case "==":
		return truth(x == y)
	case "!=":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case "<=":
		return truth(x <= y)
	case ">":
		return truth(x > y)
	case ">=":
		return truth(x >= y)
	case "<<":
		return x << (y & 63)
	case ">>":
		return x >> (y & 63)
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	}
	if y == 0 {
		a.err = errors.New("arithmetic: division by zero")
		return 0
	}
	if op == "/" {
		return x / y
	}
	return x % y
}

func (a *arith) unary() int64 {
	const maxDepth = 1000
	a.skip()
	if a.depth++; a.depth > maxDepth || a.rest == "" || a.err != nil {
		if a.err == nil {
			a.err = errors.New("arithmetic: an operand is missing")
		}
		return 0
	}
	defer func() { a.depth-- }()
	c := a.rest[0]
	switch c {
	case '-', '+', '!', '~', '(':
		a.rest = a.rest[1:]
	default:
		return a.operand()
	}
	switch c {
	case '-':
		return -a.unary()
	case '+':
		return a.unary()
	case '~':
		return ^a.unary()
	case '!':
		return a.apply("==", a.unary(), 0)
	}
	x := a.binary(0)
	if a.skip(); !strings.HasPrefix(a.rest, ")") {
		a.err = errors.New("arithmetic: ) is missing")
		return 0
	}
	a.rest = a.rest[1:]
	return x
}

// operand takes a number or a variable off the text.
func (a *arith) operand() int64 {
	n := 0
	for n < len(a.rest) && isName("x"+a.rest[n:n+1]) {
		n++
	}
	word := a.rest[:n]
	a.rest = a.rest[n:]
	if isName(word) {
		if word = a.sh.get(word); word == "" {
			return 0
		}
	}
	x, err := strconv.ParseInt(word, 0, 64)
	if err != nil {
		a.err = fmt.Errorf("arithmetic: %q is not a number", word+a.rest)
	}
	return x
}
