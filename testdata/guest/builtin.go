package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// builtins are the commands that a shell runs itself: they change it, or are too small for a process of their own.
var builtins map[string]func(sh *shell, args []string) int

func init() {
	builtins = map[string]func(*shell, []string) int{
		":":        func(*shell, []string) int { return 0 },
		".":        (*shell).source,
		"break":    func(sh *shell, args []string) int { return sh.leaveLoops(args, false) },
		"cd":       (*shell).changeDir,
		"continue": func(sh *shell, args []string) int { return sh.leaveLoops(args, true) },
		"eval":     (*shell).eval,
		"exec":     (*shell).exec,
		"exit":     (*shell).exit,
		"export":   (*shell).export,
		"jobs":     (*shell).listJobs,
		"read":     (*shell).read,
		"set":      (*shell).setArgs,
		"shift":    (*shell).shift,
		"umask":    (*shell).umask,
		"unset":    (*shell).unset,
		"wait":     (*shell).waitJobs,
	}
	for _, name := range []string{"[", "echo", "false", "kill", "printf", "pwd", "test", "true"} {
		builtins[name] = func(_ *shell, args []string) int { return runApplet(name, args) }
	}
}

func builtinNames() []string {
	var names []string
	for name := range builtins {
		if _, both := applets[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (sh *shell) source(args []string) int {
	if len(args) != 1 {
		return sh.complain(errors.New("usage: . FILE"))
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return sh.complain(err)
	}
	return sh.runText(string(text))
}

func (sh *shell) leaveLoops(args []string, continues bool) int {
	sh.breaks, sh.continues = 1, continues
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil && n > 0 {
			sh.breaks = n
		}
	}
	return 0
}

func (sh *shell) changeDir(args []string) int {
	dir := os.Getenv("HOME")
	if len(args) > 0 {
		dir = args[0]
	}
	if dir == "-" {
		dir = os.Getenv("OLDPWD")
		fmt.Println(dir)
	}
	old, _ := os.Getwd()
	if err := os.Chdir(dir); err != nil {
		return sh.complain(err)
	}
	os.Setenv("OLDPWD", old)
	if now, err := syscall.Getwd(); err == nil {
		os.Setenv("PWD", now)
	}
	return 0
}

func (sh *shell) eval(args []string) int { return sh.runText(strings.Join(args, " ")) }

func (sh *shell) exec(args []string) int {
	if len(args) == 0 {
		return 0
	}
	file, err := lookPath(args[0])
	if err == nil {
		err = syscall.Exec(file, args, os.Environ())
	}
	return sh.complain(err)
}

func (sh *shell) exit(args []string) int {
	sh.exiting = true
	if len(args) > 0 {
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return sh.complain(fmt.Errorf("exit: %s: not a number", args[0]))
		}
		return n & 0xFF
	}
	return sh.status
}

func (sh *shell) export(args []string) int {
	for _, a := range args {
		name, value, assigns := strings.Cut(a, "=")
		if !isName(name) {
			return sh.complain(fmt.Errorf("export: %s: not a name", name))
		}
		if assigns {
			sh.set(name, value)
		}
	}
	if len(args) == 0 {
		return runApplet("env", nil)
	}
	return 0
}

func (sh *shell) listJobs([]string) int {
	sh.reap()
	for _, pid := range sh.jobs {
		fmt.Println(pid)
	}
	return 0
}

// read reads a line into variables; the last one gets what is left.
func (sh *shell) read(args []string) int {
	args = slices.DeleteFunc(args, func(a string) bool { return a == "-r" })
	line, err := readLine(os.Stdin)
	if err != nil {
		return 1
	}
	for i, name := range args {
		line = strings.TrimLeft(line, " \t")
		value, rest := line, ""
		if at := strings.IndexAny(line, " \t"); at >= 0 && i < len(args)-1 {
			value, rest = line[:at], line[at:]
		}
		sh.set(name, strings.TrimRight(value, " \t"))
		line = rest
	}
	return 0
}

// setArgs sets $1 and so on; options such as -e are not implemented.
func (sh *shell) setArgs(args []string) int {
	if len(args) == 0 {
		return runApplet("env", nil)
	}
	if args[0] == "--" {
		args = args[1:]
	} else if strings.HasPrefix(args[0], "-") {
		return sh.complain(fmt.Errorf("set: %s is not implemented", args[0]))
	}
	sh.args = slices.Clone(args)
	return 0
}

func (sh *shell) shift(args []string) int {
	n := 1
	if len(args) > 0 {
		n, _ = strconv.Atoi(args[0])
	}
	if n < 0 || n > len(sh.args) {
		return 1
	}
	sh.args = sh.args[n:]
	return 0
}

func (sh *shell) umask(args []string) int {
	if len(args) == 0 {
		mask := syscall.Umask(0)
		syscall.Umask(mask)
		fmt.Printf("%04o\n", mask)
		return 0
	}
	mask, err := strconv.ParseUint(args[0], 8, 9)
	if err != nil {
		return sh.complain(fmt.Errorf("umask: %s: not an octal mask", args[0]))
	}
	syscall.Umask(int(mask))
	return 0
}

func (sh *shell) unset(args []string) int {
	for _, name := range args {
		os.Unsetenv(name)
	}
	return 0
}

// waitJobs waits for the given jobs, or for all, and returns the status of the last.
func (sh *shell) waitJobs(args []string) int {
	pids := sh.jobs
	if len(args) > 0 {
		pids = nil
		for _, a := range args {
			pid, _ := strconv.Atoi(a)
			pids = append(pids, pid)
		}
	}
	status := 0
	for _, pid := range slices.Clone(pids) {
		status = sh.wait(pid)
		sh.jobs = slices.DeleteFunc(sh.jobs, func(job int) bool { return job == pid })
	}
	return status
}
