package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func runPs([]string) int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return fail("ps", err)
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	fmt.Fprintf(out, "%5s %5s %s %8s %8s  %s\n", "PID", "PPID", "S", "RSS KiB", "TIME", "COMMAND")
	for _, pid := range pids {
		printProcess(pid)
	}
	return 0
}

// printProcess prints a line from /proc/PID/stat (see proc_pid_stat(5)); the process may be gone.
func printProcess(pid int) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return
	}
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return
	}
	name := string(stat[open : end+1])
	f := strings.Fields(string(stat[end+1:])) // f[0] is field 3
	if len(f) < 22 {
		return
	}
	if line, _ := os.ReadFile(dir + "cmdline"); len(line) > 0 {
		name = string(bytes.ReplaceAll(bytes.TrimRight(line, "\x00"), []byte{0}, []byte{' '}))
	}
	const ticks = 100 // USER_HZ
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	pages, _ := strconv.Atoi(f[21])
	fmt.Fprintf(out, "%5d %5s %s %8d %8.2f  %s\n", pid, f[1], f[0], pages*os.Getpagesize()>>10,
		float64(user+system)/ticks, name)
}

var signals = map[string]syscall.Signal{
	"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
	"CONT": 18, "STOP": 19,
}

func runKill(args []string) int {
	s := syscall.SIGTERM
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		name := strings.TrimPrefix(args[0][1:], "SIG")
		n, err := strconv.Atoi(name)
		named, ok := signals[name]
		switch {
		case ok:
			s = named
		case err == nil:
			s = syscall.Signal(n)
		default:
			return usage("kill")
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return usage("kill")
	}
	return each("kill", args, func(arg string) error {
		pid, err := strconv.Atoi(arg)
		if err != nil {
			return fmt.Errorf("%s: not a process id", arg)
		}
		if err := syscall.Kill(pid, s); err != nil {
			return fmt.Errorf("%d: %w", pid, err)
		}
		return nil
	})
}

func runSleep(args []string) int {
	if len(args) != 1 {
		return usage("sleep")
	}
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(args[0], "s"), 64)
	if err != nil || seconds < 0 {
		return fail("sleep", fmt.Errorf("%s: not a time in seconds", args[0]))
	}
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	return 0
}

func runEnv(args []string) int {
	for len(args) > 0 && strings.Contains(args[0], "=") {
		name, value, _ := strings.Cut(args[0], "=")
		os.Setenv(name, value)
		args = args[1:]
	}
	if len(args) == 0 {
		for _, e := range os.Environ() {
			fmt.Fprintln(out, e)
		}
		return 0
	}
	file, err := lookPath(args[0])
	if err == nil {
		err = syscall.Exec(file, args, os.Environ())
	}
	fail("env", err)
	return 127
}

func runWhich(args []string) int {
	return each("which", args, func(name string) error {
		if builtins[name] != nil && applets[name].run == nil {
			fmt.Fprintf(out, "%s: shell built-in\n", name)
			return nil
		}
		file, err := lookPath(name)
		if err == nil {
			fmt.Fprintln(out, file)
		}
		return err
	})
}
