package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
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

// runStty prints the terminal's size.
func runStty(args []string) int {
	var w winsize
	if len(args) != 1 || args[0] != "size" {
		return usage("stty")
	}
	if err := getWinsize(0, &w); err != nil {
		return fail("stty", err)
	}
	fmt.Fprintln(out, w.rows, w.cols)
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
