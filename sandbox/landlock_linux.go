//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	abi "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// minLandlock is the first ABI that lets files be renamed into another directory, which a share needs.
const minLandlock = 2

// maxLandlock is the version that the rules below are written for.
const maxLandlock = 10

// What a path of Config gives. None gives the right to execute a file, or to make a device.
const (
	readFile  = abi.AccessFSReadFile
	readDir   = readFile | abi.AccessFSReadDir
	writeFile = readFile | abi.AccessFSWriteFile | abi.AccessFSTruncate
	writeDir  = readDir | writeFile | abi.AccessFSRemoveDir | abi.AccessFSRemoveFile | abi.AccessFSMakeDir | abi.AccessFSMakeReg |
		abi.AccessFSMakeSock | abi.AccessFSMakeFifo | abi.AccessFSMakeSym | abi.AccessFSRefer
)

// landlockABI is the version of Landlock that holds after restrictByLandlock; 0: none.
func landlockABI() int {
	v, err := abi.LandlockGetABIVersion()
	if err != nil || v < minLandlock {
		return 0
	}
	return min(v, maxLandlock)
}

// restrictByLandlock restricts all threads, if the kernel has Landlock.
func restrictByLandlock(c Config) error {
	if landlockABI() == 0 {
		return nil
	}
	rules, err := landlockRules(c)
	if err != nil {
		return err
	}
	if err := landlockHandled(c).BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}

// landlockHandled is what needs a rule: everything that Landlock knows. TCP and UDP to anywhere have no rule, so with
// Internet only the binding of TCP ports needs one, and no rule gives it.
func landlockHandled(c Config) landlock.Config {
	handled := landlock.V10
	if c.Internet {
		handled.HandledAccessNet = abi.AccessNetBindTCP
	}
	return handled
}

// landlockRules are the exceptions.
func landlockRules(c Config) (rules []landlock.Rule, err error) {
	add := func(paths []string, file, dir landlock.AccessFSSet) {
		for _, path := range paths {
			info, missing := os.Stat(path)
			if missing != nil {
				err = errors.Join(err, missing)
				continue
			}
			rights := file
			if info.IsDir() {
				rights = dir
			}
			rules = append(rules, landlock.PathAccess(rights, path))
		}
	}
	add(c.Read, readFile, readDir)
	add(c.Write, writeFile, writeDir)
	add(c.Dial, abi.AccessFSResolveUnix, abi.AccessFSResolveUnix)
	return rules, err
}
