package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/miniboot-vmm/miniboot/hvf"
)

// doctor prints what this host offers.
func doctor(args []string, stdout io.Writer) error {
	if _, err := parseCommand(flag.NewFlagSet("doctor", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	fmt.Fprintln(stdout, version())
	if _, err := hvf.New(); err != nil {
		fmt.Fprintf(stdout, "-accel auto takes the software CPU: %v\n", err)
		return nil
	}
	fmt.Fprintln(stdout, "-accel auto takes Hypervisor.framework")
	return nil
}
