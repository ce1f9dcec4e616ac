package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

func runEcho(args []string) int {
	end := "\n"
	if len(args) > 0 && args[0] == "-n" {
		end, args = "", args[1:]
	}
	fmt.Fprint(out, strings.Join(args, " "), end)
	return 0
}

// runPrintf knows %s %d %i %u %x %X %o %c %b %% with flags and widths, and C's escapes.
func runPrintf(args []string) int {
	if len(args) == 0 {
		return usage("printf")
	}
	format, args := args[0], args[1:]
	verb := regexp.MustCompile(`%[-+ 0#]*[0-9]*(\.[0-9]+)?[sdiuxXocb%]`)
	for first := true; first || len(args) > 0; first = false {
		before := len(args)
		escaped := cEscapes(format)
		fmt.Fprint(out, verb.ReplaceAllStringFunc(escaped, func(v string) string {
			kind := v[len(v)-1]
			if kind == '%' {
				return "%"
			}
			arg := ""
			if len(args) > 0 {
				arg, args = args[0], args[1:]
			}
			return printfField(v[:len(v)-1], kind, arg)
		}))
		if len(args) == before {
			break // the format takes no argument
		}
	}
	return 0
}

func printfField(flags string, kind byte, arg string) string {
	switch kind {
	case 's':
		return fmt.Sprintf(flags+"s", arg)
	case 'b':
		return fmt.Sprintf(flags+"s", cEscapes(arg))
	case 'c':
		return fmt.Sprintf(flags+"s", arg[:min(len(arg), 1)])
	case 'i', 'u':
		kind = 'd'
	}
	n, _ := strconv.ParseInt(arg, 0, 64)
	return fmt.Sprintf(flags+string(kind), n)
}

// cEscapes replaces C's escapes for control characters, and for bytes in octal.
func cEscapes(s string) string {
	named := map[byte]string{
		'a': "\a", 'b': "\b", 'e': "\x1b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\\': `\`,
	}
	return regexp.MustCompile(`\\([0-7]{1,3}|[abefnrtv\\])`).ReplaceAllStringFunc(s, func(escape string) string {
		if text, ok := named[escape[1]]; ok {
			return text
		}
		n, _ := strconv.ParseUint(escape[1:], 8, 16)
		return string([]byte{byte(n)})
	})
}

func runSeq(args []string) int {
	numbers := []int64{1, 1, 0} // first, step, last
	for i, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || len(args) > 3 {
			return usage("seq")
		}
		switch {
		case i == len(args)-1:
			numbers[2] = n
		default:
			numbers[i] = n
		}
	}
	if len(args) == 0 || numbers[1] == 0 {
		return usage("seq")
	}
	for n := numbers[0]; numbers[1] > 0 && n <= numbers[2] || numbers[1] < 0 && n >= numbers[2]; n += numbers[1] {
		fmt.Fprintln(out, n)
	}
	return 0
}

func runYes(args []string) int {
	line := "y\n"
	if len(args) > 0 {
		line = strings.Join(args, " ") + "\n"
	}
	block := []byte(strings.Repeat(line, max(4096/len(line), 1)))
	for {
		if _, err := os.Stdout.Write(block); err != nil {
			return fail("yes", err)
		}
	}
}
