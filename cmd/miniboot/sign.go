package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// entitlements are those that miniboot needs. miniboot.entitlements has the same ones, for codesign(1).
var entitlements = codesign.Entitlements{codesign.Hypervisor, codesign.AllowJIT}

// sign adds a signature with the entitlements to a program for darwin/arm64.
func sign(args []string, stdout io.Writer) error {
	set := flag.NewFlagSet("sign", flag.ContinueOnError)
	out := set.String("o", "", "write the signed program to `FILE`")
	operands, err := parseCommand(set, args, 1)
	if err != nil {
		return err
	}
	in, err := os.Executable()
	if len(operands) > 0 {
		in, err = operands[0], nil
	}
	if err != nil {
		return err
	}
	if *out == "" {
		*out = in
	}
	sdk, newer := newerSDK(in)
	if err := signFile(in, *out); err != nil {
		return err
	}
	note := ""
	if newer {
		note = fmt.Sprintf(", and as of SDK %v in place of %v: its guests' counters keep 24 MHz", codesign.KeepSDK, sdk)
	}
	fmt.Fprintf(stdout, "%s: signed ad hoc with the entitlement %s%s\n", *out, codesign.Hypervisor, note)
	return nil
}

// newerSDK returns the SDK that a macOS program was linked with, and whether macOS may let guests of such a program count at
// 1 GHz. Programs with cgo have the SDK of the compiler.
func newerSDK(path string) (sdk codesign.Version, newer bool) {
	program, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	sdk, err = codesign.SDK(program)
	return sdk, err == nil && sdk > codesign.KeepSDK
}

// signFile signs the program in one file and writes it to another, or to the same.
func signFile(in, out string) error {
	info, err := os.Stat(in)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: %w: check the path", in, os.ErrNotExist)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: not a regular file: give a program for darwin/arm64", in)
	}
	program, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(out); err == nil {
		out = real // the file is to be replaced, not the link
	}
	signed, err := codesign.Sign(program, filepath.Base(out), entitlements)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return replaceFile(out, signed, info.Mode().Perm())
}

// replaceFile writes a new file and renames it to path. A program must not be overwritten in place: macOS keeps the
// signature of a file that has run, and kills the next process whose pages do not match it.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".miniboot-sign-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file is renamed, which is right
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
