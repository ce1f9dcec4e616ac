package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// commands are what miniboot does besides booting a guest, by the first argument. Each gets the arguments after it.
var commands = map[string]func(args []string, stdout io.Writer) error{
	"doctor": doctor,
	"sign":   sign,
}

// usageError is an error of the arguments.
type usageError struct{ error }

// runCommand runs the command that args begins with, and returns the exit status.
func runCommand(args []string, stdout, stderr io.Writer) int {
	err := commands[args[0]](args[1:], stdout)
	if err == nil {
		return exitPowerOff
	}
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return exitPowerOff
	}
	fmt.Fprintf(stderr, "miniboot: %s: %v\n", args[0], err)
	if wrong := (usageError{}); errors.As(err, &wrong) {
		return exitUsage
	}
	return exitHostError
}

// parseCommand parses the flags of a command with at most that many operands, and returns the operands.
func parseCommand(set *flag.FlagSet, args []string, most int) ([]string, error) {
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, usageError{err}
	case set.NArg() > most:
		return nil, usageError{fmt.Errorf("unexpected argument %q; miniboot -h shows the usage", set.Arg(most))}
	}
	return set.Args(), nil
}
