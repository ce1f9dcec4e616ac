package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A group says which process group a new process joins: leader's, or if that is 0 a new one.
type group struct {
	leader     int
	background bool
}

// startSelf starts a shell that runs text with this one's arguments.
func (sh *shell) startSelf(text string, std [3]int, g group) (int, error) {
	argv := append([]string{"sh", "-c", text, sh.name}, sh.args...)
	return sh.spawn("/proc/self/exe", argv, os.Environ(), std, g)
}

// start starts the program that argv names.
func (sh *shell) start(argv, env []string, std [3]int, g group) (int, error) {
	file, err := lookPath(argv[0])
	if err != nil {
		return 0, err
	}
	pid, err := sh.spawn(file, argv, env, std, g)
	if err == syscall.ENOEXEC { // a script without an interpreter line
		return sh.spawn("/proc/self/exe", append([]string{"sh", file}, argv[1:]...), env, std, g)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", argv[0], err)
	}
	return pid, err
}

func (sh *shell) spawn(file string, argv, env []string, std [3]int, g group) (int, error) {
	attr := &syscall.ProcAttr{
		Env:   env,
		Files: []uintptr{uintptr(std[0]), uintptr(std[1]), uintptr(std[2])},
		Sys:   &syscall.SysProcAttr{},
	}
	if sh.interactive {
		attr.Sys.Setpgid, attr.Sys.Pgid = true, g.leader
		if !g.background {
			attr.Sys.Foreground, attr.Sys.Ctty = true, terminalFD
		}
	}
	return syscall.ForkExec(file, argv, attr)
}

// lookPath finds a program in $PATH.
func lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: no such command; help lists them", name)
}
