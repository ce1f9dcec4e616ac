package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func runUname(args []string) int {
	opts, operands, err := getopt(args, "asnrvm")
	if err != nil || len(operands) > 0 {
		return usage("uname")
	}
	var u syscall.Utsname
	if err := syscall.Uname(&u); err != nil {
		return fail("uname", err)
	}
	var fields []string
	for _, f := range []struct {
		letter byte
		value  string
	}{
		{'s', text(u.Sysname[:])}, {'n', text(u.Nodename[:])}, {'r', text(u.Release[:])},
		{'v', text(u.Version[:])}, {'m', text(u.Machine[:])},
	} {
		if has(opts, f.letter) || has(opts, 'a') || len(opts) == 0 && f.letter == 's' {
			fields = append(fields, f.value)
		}
	}
	if has(opts, 'a') {
		fields = append(fields, "GNU/Linux")
	}
	fmt.Fprintln(out, strings.Join(fields, " "))
	return 0
}

func runHostname(args []string) int {
	if len(args) > 0 {
		if err := syscall.Sethostname([]byte(args[0])); err != nil {
			return fail("hostname", err)
		}
		return 0
	}
	name, err := os.Hostname()
	if err != nil {
		return fail("hostname", err)
	}
	fmt.Fprintln(out, name)
	return 0
}

func runDate(args []string) int {
	opts, operands, err := getopt(args, "us:")
	if err != nil || len(operands) > 1 {
		return usage("date")
	}
	if has(opts, 's') {
		seconds, err := strconv.ParseInt(strings.TrimPrefix(opts['s'], "@"), 10, 64)
		if err != nil {
			return usage("date")
		}
		if err := syscall.Settimeofday(&syscall.Timeval{Sec: seconds}); err != nil {
			return fail("date", err)
		}
	}
	now := time.Now().UTC()
	if len(operands) == 0 {
		fmt.Fprintln(out, now.Format("Mon Jan _2 15:04:05 MST 2006"))
		return 0
	}
	format, ok := strings.CutPrefix(operands[0], "+")
	if !ok {
		return usage("date")
	}
	fmt.Fprintln(out, strings.NewReplacer("%s", strconv.FormatInt(now.Unix(), 10), "%N", fmt.Sprintf("%09d", now.Nanosecond()),
		"%Y", now.Format("2006"), "%m", now.Format("01"), "%d", now.Format("02"), "%F", now.Format("2006-01-02"),
		"%H", now.Format("15"), "%M", now.Format("04"), "%S", now.Format("05"), "%T", now.Format("15:04:05")).Replace(format))
	return 0
}

func runUptime([]string) int {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return fail("uptime", err)
	}
	const one = 1 << 16 // the load is a fixed-point number
	fmt.Fprintf(out, "up %v, %d processes, load average: %.2f, %.2f, %.2f\n", time.Duration(info.Uptime)*time.Second,
		info.Procs, float64(info.Loads[0])/one, float64(info.Loads[1])/one, float64(info.Loads[2])/one)
	return 0
}

func runFree([]string) int {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return fail("free", err)
	}
	kib := map[string]int64{}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 {
			kib[f[0]], _ = strconv.ParseInt(f[1], 10, 64)
		}
	}
	used := kib["MemTotal:"] - kib["MemFree:"] - kib["Buffers:"] - kib["Cached:"]
	fmt.Fprintf(out, "%12s %10s %10s %10s %10s\n", "KiB  total", "used", "free", "cached", "available")
	fmt.Fprintf(out, "%12d %10d %10d %10d %10d\n", kib["MemTotal:"], used, kib["MemFree:"],
		kib["Buffers:"]+kib["Cached:"], kib["MemAvailable:"])
	return 0
}

func runDmesg([]string) int {
	const (
		readAll    = 3  // SYSLOG_ACTION_READ_ALL
		bufferSize = 10 // SYSLOG_ACTION_SIZE_BUFFER
	)
	size, err := syscall.Klogctl(bufferSize, nil)
	if err != nil {
		return fail("dmesg", err)
	}
	buf := make([]byte, size)
	n, err := syscall.Klogctl(readAll, buf)
	if err != nil {
		return fail("dmesg", err)
	}
	for line := range bytes.Lines(buf[:n]) {
		if at := bytes.IndexByte(line, '>'); line[0] == '<' && at > 0 {
			line = line[at+1:] // the priority
		}
		out.Write(line)
	}
	return 0
}

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

func runID([]string) int {
	fmt.Fprintf(out, "uid=%d gid=%d\n", os.Getuid(), os.Getgid())
	return 0
}

func runNproc([]string) int {
	fmt.Fprintln(out, runtime.NumCPU())
	return 0
}

func runTty([]string) int {
	var t syscall.Termios
	if getTermios(0, &t) != nil {
		fmt.Fprintln(out, "not a tty")
		return 1
	}
	name, err := os.Readlink("/proc/self/fd/0")
	if err != nil {
		return fail("tty", err)
	}
	fmt.Fprintln(out, name)
	return 0
}

func runClear([]string) int {
	fmt.Fprint(out, "\x1b[H\x1b[2J")
	return 0
}

func runSync([]string) int {
	syscall.Sync()
	return 0
}

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

// runDD copies blocks: if= of= bs= count= skip= seek=, sizes with K, M or G.
func runDD(args []string) int {
	in, to := os.Stdin, os.Stdout
	size := map[string]int64{"bs": 512, "count": -1, "skip": 0, "seek": 0}
	files := map[string]string{}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		if name == "if" || name == "of" {
			files[name] = value
		} else if _, ok := size[name]; !ok {
			return usage("dd")
		} else if n, err := parseSize(value); err != nil {
			return fail("dd", err)
		} else {
			size[name] = n
		}
	}
	var err1, err2 error
	if files["if"] != "" {
		in, err1 = os.Open(files["if"])
	}
	if files["of"] != "" {
		flags := os.O_WRONLY | os.O_CREATE
		if size["seek"] == 0 {
			flags |= os.O_TRUNC
		}
		to, err2 = os.OpenFile(files["of"], flags, 0o666)
	}
	if err := errors.Join(err1, err2); err != nil {
		return fail("dd", err)
	}
	const largest = 64 << 20
	if size["bs"] < 1 || size["bs"] > largest {
		return fail("dd", fmt.Errorf("bs=%d: not a block size", size["bs"]))
	}
	start := time.Now()
	n, err := copyBlocks(to, in, size)
	if err = errors.Join(err, to.Close()); err != nil {
		return fail("dd", err)
	}
	took := time.Since(start).Seconds()
	fmt.Fprintf(os.Stderr, "%d bytes in %.3f s, %.1f MB/s\n", n, took, float64(n)/1e6/max(took, 1e-6))
	return 0
}

func copyBlocks(to, in *os.File, size map[string]int64) (copied int64, err error) {
	block := make([]byte, size["bs"])
	if size["seek"] > 0 {
		if _, err := to.Seek(size["seek"]*size["bs"], io.SeekStart); err != nil {
			return 0, err
		}
	}
	if size["skip"] > 0 {
		if _, err := in.Seek(size["skip"]*size["bs"], io.SeekStart); err != nil {
			return 0, err
		}
	}
	for count := size["count"]; count != 0; count-- {
		n, err := in.Read(block)
		if n > 0 {
			if _, err := to.Write(block[:n]); err != nil {
				return copied, err
			}
			copied += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return copied, err
		}
	}
	return copied, nil
}

// parseSize parses a number with an optional K, M or G (powers of 1024).
func parseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "kKmMgG")
	n, err := strconv.ParseInt(digits, 0, 64)
	if err != nil || len(s)-len(digits) > 1 {
		return 0, fmt.Errorf("%s: not a size", s)
	}
	switch strings.ToUpper(s[len(digits):]) {
	case "K":
		n <<= 10
	case "M":
		n <<= 20
	case "G":
		n <<= 30
	}
	return n, nil
}
