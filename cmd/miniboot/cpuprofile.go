package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime/pprof"

	"github.com/google/pprof/profile"
)

// startCPUProfile writes a profile of the process to a file until stop is called. With an empty path it does nothing.
func startCPUProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := create(path)
	if err != nil {
		return nil, fileError("-cpuprofile "+path, err)
	}
	var raw bytes.Buffer
	if err := pprof.StartCPUProfile(&raw); err != nil {
		f.Close()
		return nil, fmt.Errorf("-cpuprofile: %w", err)
	}
	return func() error {
		pprof.StopCPUProfile()
		err := nameGuestCode(&raw, f)
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return fmt.Errorf("-cpuprofile: %w", err)
		}
		return nil
	}, nil
}

// nameGuestCode copies a CPU profile. Where Go's profiler finds the processor in code that is not the program's, it
// notes an external function. In this program that is the code that the translator has made of the guest's.
func nameGuestCode(in io.Reader, out io.Writer) error {
	p, err := profile.Parse(in)
	if err != nil {
		return err
	}
	for _, f := range p.Function {
		if f.Name == "runtime._ExternalCode" {
			f.Name, f.SystemName, f.Filename = "guest code", "guest code", ""
		}
	}
	return p.Write(out)
}
