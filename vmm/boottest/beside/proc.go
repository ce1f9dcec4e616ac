package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// clockTick is the unit of CPU time in /proc/PID/stat: USER_HZ, the same 1/100 s on every architecture that Go has.
const clockTick = 0.01 // seconds

// cpuSeconds is the CPU time that all threads of a process have used.
func cpuSeconds(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// proc(5): the second field is a name in parentheses, fields 14 and 15 are utime and stime.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields behind the name", pid, len(fields))
	}
	var user, system uint64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, fmt.Errorf("/proc/%d/stat: %w", pid, err)
	}
	return float64(user+system) * clockTick, nil
}

// peakMiB is the most memory that a process has had resident.
func peakMiB(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); !ok || err != nil {
		return 0, errors.Join(fmt.Errorf("/proc/%d/status has no VmHWM", pid), err)
	}
	return kib / 1024, nil
}

// load is the host's load average over the last minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// processor is the host processor's name for itself.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(text), "model name\t:")
	name, _, _ := strings.Cut(rest, "\n")
	return name
}
