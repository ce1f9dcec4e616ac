package main

import (
	"fmt"
	"strings"
)

// getopt splits args into single-letter options and operands, as getopt(3) does: spec lists the letters, and one
// followed by a colon takes a value. A lone "-" is an operand and "--" ends the options.
func getopt(args []string, spec string) (opts map[byte]string, operands []string, err error) {
	opts = make(map[byte]string)
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		for i := 1; i < len(arg); i++ {
			at := strings.IndexByte(spec, arg[i])
			switch {
			case at < 0 || arg[i] == ':':
				return nil, nil, fmt.Errorf("unknown option -%c", arg[i])
			case at+1 == len(spec) || spec[at+1] != ':':
				opts[arg[i]] = ""
				continue
			case i+1 < len(arg):
				opts[arg[i]] = arg[i+1:]
			case len(args) > 0:
				opts[arg[i]], args = args[0], args[1:]
			default:
				return nil, nil, fmt.Errorf("option -%c needs a value", arg[i])
			}
			break
		}
	}
	return opts, args, nil
}

// has says whether the option letter c was given.
func has(opts map[byte]string, c byte) bool {
	_, ok := opts[c]
	return ok
}
