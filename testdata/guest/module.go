package main

import (
	"fmt"
	"os"
	"strings"
)

func runInsmod(args []string) int {
	if len(args) == 0 {
		return usage("insmod")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return fail("insmod", err)
	}
	defer f.Close()
	if err := finitModule(int(f.Fd()), strings.Join(args[1:], " ")); err != nil {
		return fail("insmod", fmt.Errorf("%s: %w", args[0], err))
	}
	return 0
}

func runRmmod(args []string) int {
	if len(args) == 0 {
		return usage("rmmod")
	}
	return each("rmmod", args, func(name string) error {
		if err := deleteModule(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

func runLsmod([]string) int { return runCat([]string{"/proc/modules"}) }
