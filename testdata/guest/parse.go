package main

import (
	"slices"
	"strings"
)

// A script is a sequence of statements.
type script []statement

// A statement is pipelines joined by && and ||, run in the background if it ends with &.
type statement struct {
	src        string
	background bool
	first      pipeline
	rest       []conditional
}

type conditional struct {
	op   string // "&&" or "||"
	next pipeline
}

// A pipeline is commands joined by |.
type pipeline struct {
	negate, timed bool
	commands      []command
}

type commandKind int

const (
	simpleCommand commandKind = iota
	groupCommand              // { list; }
	subshell                  // ( list )
	ifCommand
	whileCommand
	untilCommand
	forCommand
)

// A command is a simple or a compound command with its redirections.
type command struct {
	kind      commandKind
	src       string
	assigns   []string // NAME=WORD
	words     []string // for "for": the list
	redirects []redirect
	name      string // for "for": the variable
	condition script
	body      script
	otherwise script // else; an elif is an if command in here
}

// A redirect connects a file descriptor: op is one of < > >> <& >&, word a path or a descriptor's number.
type redirect struct {
	fd   int
	op   string
	word string
}

// parser is a recursive-descent parser with one token of look-ahead. The first error sticks.
type parser struct {
	lexer
	tok  token
	last int // end of the token before tok
	err  error
}

// parse turns text into a script, or returns errIncomplete if more lines may make it one.
func parse(text string) (script, error) {
	p := &parser{lexer: lexer{src: text}}
	p.advance()
	s := p.script()
	if p.err == nil && p.tok.text != "" {
		p.fail()
	}
	return s, p.err
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	p.last = p.tok.end
	if t, err := p.next(); err != nil {
		p.err, p.tok = err, token{}
	} else {
		p.tok = t
	}
}

func (p *parser) fail() {
	if p.err == nil {
		p.err = syntaxError(p.tok)
	}
	p.tok = token{}
}

// is reports whether the look-ahead is the operator or reserved word s.
func (p *parser) is(s string) bool { return p.err == nil && p.tok.text == s }

func (p *parser) accept(s string) bool {
	if !p.is(s) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.fail()
	}
}

func (p *parser) skipNewlines() {
	for p.accept("\n") {
	}
}

// ends are the tokens that end a list of statements inside a compound command.
var ends = []string{"", ")", "}", "then", "do", "done", "elif", "else", "fi"}

func (p *parser) script() script {
	var s script
	for p.err == nil {
		for p.accept("\n") || p.accept(";") {
		}
		if slices.Contains(ends, p.tok.text) {
			return s
		}
		s = append(s, p.statement())
		if p.err == nil && !slices.Contains([]string{"\n", ";"}, p.tok.text) && !s[len(s)-1].background {
			if !slices.Contains(ends, p.tok.text) {
				p.fail()
			}
			return s
		}
	}
	return s
}

// list is a script that must not be empty.
func (p *parser) list() script {
	s := p.script()
	if p.err == nil && len(s) == 0 {
		p.fail()
	}
	return s
}

func (p *parser) statement() statement {
	start := p.tok.start
	st := statement{first: p.pipeline()}
	for p.is("&&") || p.is("||") {
		op := p.tok.text
		p.advance()
		p.skipNewlines()
		st.rest = append(st.rest, conditional{op, p.pipeline()})
	}
	st.src = p.src[start:max(start, p.last)]
	st.background = p.accept("&")
	return st
}

func (p *parser) pipeline() pipeline {
	var pl pipeline
	for p.tok.isWord {
		if p.accept("!") {
			pl.negate = !pl.negate
		} else if p.accept("time") {
			pl.timed = true
		} else {
			break
		}
	}
	pl.commands = append(pl.commands, p.command())
	for p.accept("|") {
		p.skipNewlines()
		pl.commands = append(pl.commands, p.command())
	}
	return pl
}

func (p *parser) command() command {
	start := p.tok.start
	c := p.compound()
	if c.kind != simpleCommand {
		for p.redirect(&c) {
		}
	} else {
		p.simple(&c)
	}
	if p.err == nil {
		c.src = p.src[start:p.last]
	}
	return c
}

// compound parses a compound command, if one starts here.
func (p *parser) compound() command {
	switch {
	case p.accept("{"):
		c := command{kind: groupCommand, body: p.list()}
		p.expect("}")
		return c
	case p.accept("("):
		c := command{kind: subshell, body: p.list()}
		p.expect(")")
		return c
	case p.accept("if"):
		return p.ifClause()
	case p.is("while") || p.is("until"):
		c := command{kind: whileCommand}
		if p.is("until") {
			c.kind = untilCommand
		}
		p.advance()
		c.condition = p.list()
		c.body = p.doGroup()
		return c
	case p.accept("for"):
		return p.forClause()
	}
	return command{}
}

// ifClause parses what follows "if" or "elif", to "fi".
func (p *parser) ifClause() command {
	c := command{kind: ifCommand, condition: p.list()}
	p.expect("then")
	c.body = p.list()
	switch {
	case p.accept("elif"):
		inner := p.ifClause()
		c.otherwise = script{{first: pipeline{commands: []command{inner}}}}
		return c // the innermost one took "fi"
	case p.accept("else"):
		c.otherwise = p.list()
	}
	p.expect("fi")
	return c
}

func (p *parser) forClause() command {
	c := command{kind: forCommand, name: p.tok.text, words: []string{`"$@"`}}
	if !isName(c.name) {
		p.fail()
	}
	p.advance()
	p.skipNewlines()
	if p.accept("in") {
		c.words = nil
		for p.tok.isWord {
			c.words = append(c.words, p.tok.text)
			p.advance()
		}
	}
	for p.accept(";") || p.accept("\n") {
	}
	c.body = p.doGroup()
	return c
}

func (p *parser) doGroup() script {
	p.expect("do")
	body := p.list()
	p.expect("done")
	return body
}

func (p *parser) simple(c *command) {
	for p.err == nil {
		switch {
		case p.redirect(c):
			continue
		case !p.tok.isWord:
			if len(c.words)+len(c.assigns)+len(c.redirects) == 0 {
				p.fail()
			}
			return
		}
		name, _, assigns := strings.Cut(p.tok.text, "=")
		if assigns && isName(name) && len(c.words) == 0 {
			c.assigns = append(c.assigns, p.tok.text)
		} else {
			c.words = append(c.words, p.tok.text)
		}
		p.advance()
	}
}

// redirect parses one redirection, if one is next. A word of one digit right before the operator is a descriptor.
func (p *parser) redirect(c *command) bool {
	fd := -1
	if p.tok.isWord && len(p.tok.text) == 1 && p.tok.text[0] >= '0' && p.tok.text[0] <= '9' &&
		p.tok.end < len(p.src) && (p.src[p.tok.end] == '<' || p.src[p.tok.end] == '>') {
		fd = int(p.tok.text[0] - '0')
		p.advance()
	}
	if !slices.Contains([]string{"<", ">", ">>", "<&", ">&"}, p.tok.text) {
		return false
	}
	op := p.tok.text
	if fd < 0 && op[0] == '>' {
		fd = 1
	}
	p.advance()
	if !p.tok.isWord {
		p.fail()
		return false
	}
	c.redirects = append(c.redirects, redirect{max(fd, 0), op, p.tok.text})
	p.advance()
	return true
}

// isName reports whether s can name a variable.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
