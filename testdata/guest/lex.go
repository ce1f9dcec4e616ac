package main

import (
	"errors"
	"fmt"
	"strings"
)

// errIncomplete says that the text ends inside a quote or a compound command: more lines may complete it.
var errIncomplete = errors.New("unexpected end of input")

// operators of the shell grammar, longest first.
var operators = []string{"&&", "||", ">>", ">&", "<&", "\n", ";", "&", "|", "(", ")", "<", ">"}

// A token is a word (still quoted, as typed) or an operator. The end of the text is an operator "".
type token struct {
	text       string
	isWord     bool
	start, end int // offsets in the text
}

// A lexer cuts shell text into tokens.
type lexer struct {
	src string
	pos int
}

func (l *lexer) next() (token, error) {
	l.skipBlanks()
	start := l.pos
	if start == len(l.src) {
		return token{start: start, end: start}, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(l.src[start:], op) {
			l.pos += len(op)
			return token{text: op, start: start, end: l.pos}, nil
		}
	}
	end, err := wordEnd(l.src, start)
	if err != nil {
		return token{}, err
	}
	l.pos = end
	return token{text: l.src[start:end], isWord: true, start: start, end: end}, nil
}

// skipBlanks passes blanks, continued lines and comments.
func (l *lexer) skipBlanks() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
			l.pos++
		case c == '\\' && strings.HasPrefix(l.src[l.pos:], "\\\n"):
			l.pos += 2
		case c == '#':
			for l.pos < len(l.src) && l.src[l.pos] != '\n' {
				l.pos++
			}
		default:
			return
		}
	}
}

// wordEnd returns the end of the word that starts at i.
func wordEnd(s string, i int) (int, error) {
	for i < len(s) {
		var err error
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n;&|()<>", c) >= 0:
			return i, nil
		case c == '\\':
			if i+1 == len(s) {
				return 0, errIncomplete
			}
			i += 2
		default:
			if i, err = partEnd(s, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// partEnd returns the end of the quotation or substitution that starts at i, or i+1 for any other character.
func partEnd(s string, i int) (int, error) {
	rest := s[i:]
	switch {
	case rest[0] == '\'' || rest[0] == '`':
		end := strings.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return 0, errIncomplete
		}
		return i + end + 2, nil
	case rest[0] == '"':
		return closing(s, i+1, '"')
	case strings.HasPrefix(rest, "$(("):
		if end, err := closing(s, i+3, ')'); err == nil && strings.HasPrefix(s[end:], ")") {
			return end + 1, nil
		}
		return closing(s, i+2, ')')
	case strings.HasPrefix(rest, "$("):
		return closing(s, i+2, ')')
	case strings.HasPrefix(rest, "${"):
		return closing(s, i+2, '}')
	}
	return i + 1, nil
}

// closing returns the offset after the bracket or quote that closes the one opened before i.
func closing(s string, i int, end byte) (int, error) {
	for i < len(s) {
		var err error
		switch c := s[i]; {
		case c == end:
			return i + 1, nil
		case c == '\\':
			i += 2
		case c == '(' && end == ')':
			i, err = closing(s, i+1, ')')
		case c == '\'' && end == '"': // an apostrophe in double quotes is a character
			i++
		default:
			i, err = partEnd(s, i)
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, errIncomplete
}

// syntaxError names the token where the grammar broke.
func syntaxError(t token) error {
	switch t.text {
	case "":
		return errIncomplete
	case "\n":
		return errors.New("syntax error at the end of the line")
	}
	return fmt.Errorf("syntax error near %s", t.text)
}
