package main

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var limitsByName = map[string]int{"as": unix.RLIMIT_AS, "fsize": unix.RLIMIT_FSIZE, "nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC}

// limit sets limits of this process, such as "nofile=10 nproc=0". One of processes and threads means nothing to root, so
// the process is nobody's then.
func limit(list string) {
	for _, word := range strings.Fields(list) {
		name, text, _ := strings.Cut(word, "=")
		n, err := strconv.ParseUint(text, 10, 64)
		if err == nil {
			err = unix.Setrlimit(limitsByName[name], &unix.Rlimit{Cur: n, Max: n})
		}
		if err == nil && name == "nproc" && unix.Getuid() == 0 {
			err = syscall.Setuid(65534)
		}
		if err != nil {
			panic(err)
		}
	}
}
