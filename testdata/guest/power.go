package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Of the kernel's input-event-codes.h.
const (
	evKey    = 0x01
	keyPower = 116
)

// watchPowerKeys calls pressed when the power key of any input device goes down.
func watchPowerKeys(pressed func()) {
	devices, _ := filepath.Glob("/dev/input/event*")
	for _, name := range devices {
		if f, err := os.Open(name); err == nil {
			go watchPowerKey(f, pressed)
		}
	}
}

// watchPowerKey reads struct input_event: 16 bytes of time, then u16 type, u16 code, s32 value (1: key down).
func watchPowerKey(f *os.File, pressed func()) {
	event := make([]byte, 24)
	for {
		if n, err := f.Read(event); err != nil || n < len(event) {
			return
		}
		kind, code := binary.LittleEndian.Uint16(event[16:]), binary.LittleEndian.Uint16(event[18:])
		if kind == evKey && code == keyPower && binary.LittleEndian.Uint32(event[20:]) == 1 {
			pressed()
		}
	}
}

// rebootCommand returns the command that a signal to process 1 stands for, as in other small inits.
func rebootCommand(s os.Signal) int {
	switch s {
	case syscall.SIGUSR1:
		return syscall.LINUX_REBOOT_CMD_HALT
	case syscall.SIGUSR2:
		return syscall.LINUX_REBOOT_CMD_POWER_OFF
	}
	return syscall.LINUX_REBOOT_CMD_RESTART
}

// spawning is held while a process is started, and for good once the machine goes down.
var spawning sync.Mutex

// shutDown ends every process, syncs and unmounts the file systems, and ends with reboot(2). Only the first call does
// that; later ones wait.
func shutDown(command int) {
	spawning.Lock()
	shutDownLocked(command)
}

func shutDownLocked(command int) {
	syscall.Kill(-1, syscall.SIGTERM)
	time.Sleep(50 * time.Millisecond)
	syscall.Kill(-1, syscall.SIGKILL)
	syscall.Sync()
	for _, m := range mountsUnder("/") {
		syscall.Unmount(m, 0)
	}
	drain(1)
	if err := syscall.Reboot(command); err != nil {
		fmt.Fprintln(os.Stderr, "init: reboot:", err)
	}
	select {} // halted, or reboot(2) failed: process 1 must not end
}

// mountsUnder lists the mount points that hold a disk or a share, the last mounted first. The kernel's own file
// systems have nothing to lose.
func mountsUnder(root string) []string {
	var points []string
	for _, m := range readMounts() {
		if inner, err := filepath.Rel(root, m.dir); err == nil && inner != "." && !m.virtual() {
			points = append([]string{m.dir}, points...)
		}
	}
	return points
}

func runPoweroff(args []string) int {
	return askInit("poweroff", args, syscall.SIGUSR2, syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

func runReboot(args []string) int {
	return askInit("reboot", args, syscall.SIGTERM, syscall.LINUX_REBOOT_CMD_RESTART)
}

func runHalt(args []string) int {
	return askInit("halt", args, syscall.SIGUSR1, syscall.LINUX_REBOOT_CMD_HALT)
}

// askInit signals process 1, or with -f leaves at once.
func askInit(name string, args []string, s syscall.Signal, command int) int {
	opts, operands, err := getopt(args, "f")
	if err != nil || len(operands) > 0 {
		return usage(name)
	}
	if has(opts, 'f') {
		syscall.Sync()
		err = syscall.Reboot(command)
	} else if err = syscall.Kill(1, s); err == nil {
		time.Sleep(time.Minute) // until process 1 ends this one: what follows on the line must not run
	}
	if err != nil {
		return fail(name, err)
	}
	return 0
}
