package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// A mountPoint is a line of /proc/mounts.
type mountPoint struct {
	source, dir, kind, options string
}

// virtual reports whether the file system holds nothing that outlives the machine.
func (m mountPoint) virtual() bool {
	return slices.Contains([]string{"rootfs", "ramfs", "tmpfs", "devtmpfs", "proc", "sysfs", "devpts"}, m.kind)
}

func readMounts() []mountPoint {
	data, _ := os.ReadFile("/proc/mounts")
	var mounts []mountPoint
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 4 {
			mounts = append(mounts, mountPoint{f[0], f[1], f[2], f[3]})
		}
	}
	return mounts
}

// mountFlags are the options that are not the file system's own.
var mountFlags = map[string]uintptr{
	"ro": syscall.MS_RDONLY, "rw": 0, "nosuid": syscall.MS_NOSUID, "nodev": syscall.MS_NODEV, "noexec": syscall.MS_NOEXEC,
	"sync": syscall.MS_SYNCHRONOUS, "remount": syscall.MS_REMOUNT, "noatime": syscall.MS_NOATIME, "bind": syscall.MS_BIND,
}

func runMount(args []string) int {
	opts, operands, err := getopt(args, "t:o:r")
	switch {
	case err != nil || len(operands) != 0 && len(operands) != 2:
		return usage("mount")
	case len(operands) == 0:
		for _, m := range readMounts() {
			fmt.Fprintf(out, "%s on %s type %s (%s)\n", m.source, m.dir, m.kind, m.options)
		}
		return 0
	}
	var flags uintptr
	var data []string
	if has(opts, 'r') {
		flags = syscall.MS_RDONLY
	}
	for _, o := range strings.Split(opts['o'], ",") {
		if f, ok := mountFlags[o]; ok {
			flags |= f
		} else if o != "" {
			data = append(data, o)
		}
	}
	kinds := []string{opts['t']}
	if opts['t'] == "" && flags&(syscall.MS_BIND|syscall.MS_REMOUNT) == 0 {
		kinds = diskKinds()
	}
	err = fmt.Errorf("no file system of this kernel fits; name one with -t")
	for _, kind := range kinds {
		if err = syscall.Mount(operands[0], operands[1], kind, flags, strings.Join(data, ",")); err != syscall.EINVAL {
			break // EINVAL: not this file system's superblock
		}
	}
	if err != nil {
		return fail("mount", fmt.Errorf("%s on %s: %w", operands[0], operands[1], err))
	}
	return 0
}

// diskKinds lists the kernel's file systems that live on a block device.
func diskKinds() []string {
	data, _ := os.ReadFile("/proc/filesystems")
	var kinds []string
	for line := range strings.Lines(string(data)) {
		if kind, ok := strings.CutPrefix(line, "\t"); ok {
			kinds = append(kinds, strings.TrimSpace(kind))
		}
	}
	return kinds
}

func runUmount(args []string) int {
	opts, dirs, err := operandsOf(args, "l", 1)
	if err != nil {
		return usage("umount")
	}
	flags := 0
	if has(opts, 'l') {
		flags = syscall.MNT_DETACH
	}
	return each("umount", dirs, func(dir string) error {
		if err := syscall.Unmount(dir, flags); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		return nil
	})
}

func runDf([]string) int {
	fmt.Fprintf(out, "%-12s %10s %10s %10s  %s\n", "Filesystem", "KiB", "used", "available", "mounted on")
	for _, m := range readMounts() {
		var st syscall.Statfs_t
		if err := syscall.Statfs(m.dir, &st); err != nil || st.Blocks == 0 {
			continue
		}
		kib := func(blocks uint64) uint64 { return blocks * uint64(st.Bsize) >> 10 }
		fmt.Fprintf(out, "%-12s %10d %10d %10d  %s\n", m.source, kib(st.Blocks), kib(st.Blocks-st.Bfree), kib(st.Bavail), m.dir)
	}
	return 0
}
