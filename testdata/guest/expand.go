package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// An expander turns words as typed into the fields of a command: it substitutes variables, commands and arithmetic,
// splits what was not quoted at blanks, and matches the result as a pattern of paths.
//
// A field under construction is kept as a pattern: quoted characters that are special in a pattern are escaped with a
// backslash, so that one string holds both the text and which parts of it may match.
type expander struct {
	sh     *shell
	fields []string
	field  strings.Builder
	open   bool // a field has begun; "" begins one as well
	split  bool // unquoted substitutions split into fields
}

// expandWords returns the fields of words.
func (sh *shell) expandWords(words []string) ([]string, error) {
	e := &expander{sh: sh, split: true}
	for _, w := range words {
		if err := e.word(w); err != nil {
			return nil, err
		}
		e.end()
	}
	var fields []string
	for _, pattern := range e.fields {
		fields = append(fields, matchPaths(pattern)...)
	}
	return fields, nil
}

// expandWord returns word as one string, as assignments and redirections want it.
func (sh *shell) expandWord(word string) (string, error) {
	e := &expander{sh: sh}
	err := e.word(word)
	return unescape(e.field.String()), err
}

func (e *expander) end() {
	if e.open {
		e.fields = append(e.fields, e.field.String())
		e.field.Reset()
		e.open = false
	}
}

// literal adds s without the special meaning that its characters have in a pattern.
func (e *expander) literal(s string) {
	e.open = true
	for i := range len(s) {
		if strings.IndexByte(`*?[]\`, s[i]) >= 0 {
			e.field.WriteByte('\\')
		}
		e.field.WriteByte(s[i])
	}
}

// substituted adds the value of an unquoted substitution.
func (e *expander) substituted(s string) {
	if !e.split {
		e.literal(s)
		return
	}
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\t', '\n':
			e.end()
		case '\\':
			e.literal(`\`)
		default:
			e.open = true
			e.field.WriteByte(c)
		}
	}
}

// word adds one unquoted word.
func (e *expander) word(w string) error {
	if w == "~" || strings.HasPrefix(w, "~/") {
		e.literal(os.Getenv("HOME"))
		w = w[1:]
	}
	for i := 0; i < len(w); {
		end, err := partEnd(w, i)
		if err != nil {
			return err
		}
		part := w[i:end]
		switch part[0] {
		case '\\':
			if i+1 < len(w) {
				end++
				if w[i+1] != '\n' {
					e.literal(w[i+1 : end])
				}
			}
		case '\'':
			e.literal(part[1 : len(part)-1])
		case '"':
			err = e.quoted(part[1 : len(part)-1])
		case '$', '`':
			var value string
			value, end, err = e.substitution(w, i, false)
			e.substituted(value)
		default:
			e.open = true
			e.field.WriteByte(part[0])
		}
		if err != nil {
			return err
		}
		i = end
	}
	return nil
}

// quoted adds the inside of double quotes.
func (e *expander) quoted(s string) error {
	e.open = e.open || s != `$@`
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\\n", s[i+1]) >= 0:
			if s[i+1] != '\n' {
				e.literal(s[i+1 : i+2])
			}
			i += 2
		case s[i] == '$' || s[i] == '`':
			value, end, err := e.substitution(s, i, true)
			if err != nil {
				return err
			}
			if e.open || value != "" {
				e.literal(value)
			}
			i = end
		default:
			e.literal(s[i : i+1])
			i++
		}
	}
	return nil
}

// substitution evaluates the substitution at s[i], a $ or a backquote, and returns the offset after it.
func (e *expander) substitution(s string, i int, quoted bool) (value string, end int, err error) {
	end, err = partEnd(s, i)
	if err != nil {
		return "", 0, err
	}
	part := s[i:end]
	switch {
	case part[0] == '`':
		value, err = e.sh.output(part[1 : len(part)-1])
	case strings.HasPrefix(part, "$((") && strings.HasSuffix(part, "))"):
		value, err = e.arithmetic(part[3 : len(part)-2])
	case strings.HasPrefix(part, "$("):
		value, err = e.sh.output(part[2 : len(part)-1])
	case strings.HasPrefix(part, "${"):
		value, err = e.parameter(part[2 : len(part)-1])
	default:
		end = i + 1 + nameLength(s[i+1:])
		switch name := s[i+1 : end]; {
		case name == "":
			value = "$"
		case name == "@" && quoted:
			e.allArguments()
		default:
			value = e.sh.get(name)
		}
	}
	return value, end, err
}

// allArguments adds "$@": each argument is a field of its own.
func (e *expander) allArguments() {
	for i, arg := range e.sh.args {
		if i > 0 && e.split {
			e.end()
		} else if i > 0 {
			e.literal(" ")
		}
		e.literal(arg)
	}
}

// nameLength is the length of the variable name or of the special parameter at the start of s.
func nameLength(s string) int {
	if s != "" && strings.IndexByte("?$!#@*0123456789", s[0]) >= 0 {
		return 1
	}
	n := 0
	for n < len(s) && isName(s[:n+1]) {
		n++
	}
	return n
}

// parameter evaluates the inside of ${...}: NAME, #NAME, and NAME followed by an operator and a word.
func (e *expander) parameter(s string) (string, error) {
	if name, length := strings.CutPrefix(s, "#"); length && name != "" {
		return strconv.Itoa(len(e.sh.get(name))), nil
	}
	n := nameLength(s)
	name, rest := s[:n], s[n:]
	value := e.sh.get(name)
	if name == "" {
		return "", fmt.Errorf("${%s}: bad substitution", s)
	}
	if rest == "" {
		return value, nil
	}
	op := rest[:1]
	if rest[0] == ':' && len(rest) > 1 {
		op = rest[:2]
	}
	word, err := e.sh.expandWord(rest[len(op):])
	if err != nil {
		return "", err
	}
	switch op {
	case "-", ":-":
		if value == "" {
			value = word
		}
	case "=", ":=":
		if value == "" {
			value = word
			e.sh.set(name, value)
		}
	case "+", ":+":
		if value != "" {
			value = word
		}
	case "?", ":?":
		if value == "" {
			return "", errors.New(name + ": " + word)
		}
	case "%":
		value = trimMatch(value, word, false)
	case "#":
		value = trimMatch(value, word, true)
	default:
		return "", fmt.Errorf("${%s}: bad substitution", s)
	}
	return value, nil
}

// trimMatch drops the shortest prefix or suffix of s that matches pattern.
func trimMatch(s, pattern string, prefix bool) string {
	for n := 0; n <= len(s); n++ {
		part, rest := s[len(s)-n:], s[:len(s)-n]
		if prefix {
			part, rest = s[:n], s[n:]
		}
		if ok, _ := filepath.Match(pattern, part); ok {
			return rest
		}
	}
	return s
}

// matchPaths returns the paths that match pattern, or its text if none does.
func matchPaths(pattern string) []string {
	if hasWildcard(pattern) {
		found, _ := filepath.Glob(pattern)
		var paths []string
		for _, path := range found {
			if !hidden(path, pattern) {
				paths = append(paths, path)
			}
		}
		if len(paths) > 0 {
			return paths
		}
	}
	return []string{unescape(pattern)}
}

func hasWildcard(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// hidden reports whether path matched although a name in it begins with a dot that the pattern does not spell out.
func hidden(path, pattern string) bool {
	names, patterns := strings.Split(path, "/"), strings.Split(pattern, "/")
	for i := range min(len(names), len(patterns)) {
		if strings.HasPrefix(names[i], ".") && !strings.HasPrefix(patterns[i], ".") {
			return true
		}
	}
	return false
}

func unescape(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}
