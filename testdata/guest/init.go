package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	path     = "/bin"
	startup  = "/etc/rc" // run by the shell before anything else, if it exists
	hostname = "miniboot"
)

// runInit is process 1. It never returns: the kernel panics when process 1 exits.
func runInit() {
	mountAll()
	signal.Ignore(syscall.SIGHUP, syscall.SIGTTOU)
	openConsole()
	syscall.Sethostname([]byte(hostname))
	setEnvironment()
	linkApplets()
	setUpLoopback()
	run, once := bootParameter("miniboot.run")
	stop := make(chan os.Signal, 4)
	signal.Notify(stop, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_CAD_OFF) // Ctrl-Alt-Del: SIGINT to process 1
	go func() { shutDown(rebootCommand(<-stop)) }()

	if _, err := os.Stat(startup); err == nil {
		waitFor(startShell(startup))
	}
	watchPowerKeys(func() { shutDown(syscall.LINUX_REBOOT_CMD_POWER_OFF) })
	if once {
		status := waitFor(startShell("-c", run))
		spawning.Lock() // never, if the shell ended because the machine goes down
		fmt.Printf("miniboot.run: exit status %d\n", status)
		shutDownLocked(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	}
	printBanner()
	for {
		started := time.Now()
		waitFor(startShell())
		if time.Since(started) < time.Second {
			time.Sleep(time.Second) // a console that hangs up at once must not become a busy loop
		}
	}
}

// mountAll mounts the kernel's file systems, except those that the kernel does not have.
func mountAll() {
	mounts := []struct{ kind, dir, options string }{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"devtmpfs", "/dev", "mode=0755"},
		{"devpts", "/dev/pts", "mode=0620,ptmxmode=0666"},
		{"tmpfs", "/dev/shm", "mode=1777"},
		{"tmpfs", "/run", "mode=0755"},
		{"tmpfs", "/tmp", "mode=1777"},
	}
	for _, m := range mounts {
		os.MkdirAll(m.dir, 0o755)
		err := syscall.Mount(m.kind, m.dir, m.kind, 0, m.options)
		switch {
		case err == nil || err == syscall.EBUSY: // EBUSY: the kernel mounted /dev itself
		case m.kind == "devtmpfs":
			makeNodes()
		case err == syscall.ENODEV: // not built into this kernel
		default:
			fmt.Fprintf(os.Stderr, "init: mount %s on %s: %v\n", m.kind, m.dir, err)
		}
	}
}

// makeNodes fills /dev on a kernel without devtmpfs.
func makeNodes() {
	for _, n := range []struct {
		name         string
		major, minor int
	}{
		{"console", 5, 1}, {"tty", 5, 0}, {"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7},
		{"random", 1, 8}, {"urandom", 1, 9}, {"kmsg", 1, 11}, {"mem", 1, 1},
	} {
		syscall.Mknod("/dev/"+n.name, syscall.S_IFCHR|0o666, deviceNumber(n.major, n.minor))
	}
	for class, dir := range map[string]string{"tty": "/dev", "input": "/dev/input", "block": "/dev"} {
		mode := uint32(syscall.S_IFCHR)
		if class == "block" {
			mode = syscall.S_IFBLK
		}
		os.MkdirAll(dir, 0o755)
		entries, _ := filepath.Glob("/sys/class/" + class + "/*/dev")
		for _, entry := range entries {
			var major, minor int
			text, _ := os.ReadFile(entry)
			if _, err := fmt.Sscanf(string(text), "%d:%d", &major, &minor); err == nil {
				name := filepath.Base(filepath.Dir(entry))
				syscall.Mknod(filepath.Join(dir, name), mode|0o600, deviceNumber(major, minor))
			}
		}
	}
}

// deviceNumber packs major and minor as the kernel's new_encode_dev does.
func deviceNumber(major, minor int) int {
	return minor&0xFF | major<<8 | (minor&^0xFF)<<12
}

// openConsole makes the terminal behind /dev/console this process's standard input, output and error, and its
// controlling terminal, which /dev/console cannot be. The shells are process groups of this one session: at the end
// of a session of their own the kernel would hang up the terminal and drop what they had not yet printed.
func openConsole() {
	active, _ := os.ReadFile("/sys/class/tty/console/active")
	names := append([]string{"console"}, strings.Fields(string(active))...)
	for i := len(names) - 1; i >= 0; i-- { // /dev/console is the last one that is named and exists
		fd, err := syscall.Open("/dev/"+names[i], syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		for std := range 3 {
			syscall.Dup3(fd, std, 0)
		}
		syscall.Close(fd)
		break
	}
	syscall.Setsid()
	takeControllingTerminal(0)
}

func setEnvironment() {
	os.Setenv("PATH", path)
	os.Setenv("HOME", "/")
	os.Setenv("SHELL", "/bin/sh")
	os.Setenv("PWD", "/")
	if os.Getenv("TERM") == "" {
		os.Setenv("TERM", "linux")
	}
	os.Chdir("/")
}

// linkApplets makes every applet a command: a link to this program.
func linkApplets() {
	os.MkdirAll(path, 0o755)
	os.MkdirAll("/etc", 0o755)
	for name := range applets {
		os.Symlink("/init", filepath.Join(path, name))
	}
}

// startShell starts the shell as the process group in the foreground.
func startShell(args ...string) (pid int) {
	spawning.Lock()
	defer spawning.Unlock()
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}}
	var t syscall.Termios
	if getTermios(0, &t) == nil {
		attr.Sys = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
	}
	pid, err := syscall.ForkExec("/proc/self/exe", append([]string{"sh"}, args...), attr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "init: start the shell:", err)
	}
	return pid
}

// waitFor reaps every child, orphans included, until pid has ended, and returns its exit status.
func waitFor(pid int) int {
	for {
		var status syscall.WaitStatus
		child, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 127
		case child == pid:
			return exitStatus(status)
		}
	}
}

// exitStatus is the status as a shell counts it: 128 and the signal's number for a killed process.
func exitStatus(w syscall.WaitStatus) int {
	if w.Signaled() {
		return 128 + int(w.Signal())
	}
	return w.ExitStatus()
}

// bootParameter returns the value of a parameter of the kernel command line, which may be in double quotes.
func bootParameter(name string) (value string, ok bool) {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return "", false
	}
	return findParameter(strings.TrimSpace(string(line)), name)
}

// findParameter splits line as the kernel does: at blanks outside double quotes, which may stand around the whole
// parameter or around its value and are dropped.
func findParameter(line, name string) (value string, ok bool) {
	quoted := false
	for _, field := range strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\n')
	}) {
		field = strings.ReplaceAll(field, `"`, "")
		if v, found := strings.CutPrefix(field, name+"="); found {
			value, ok = v, true // the last one wins
		}
	}
	return value, ok
}

func printBanner() {
	var u syscall.Utsname
	syscall.Uname(&u)
	fmt.Printf("\nminiboot guest: %s %s on %s. help lists the commands, poweroff ends.\n",
		text(u.Sysname[:]), text(u.Release[:]), text(u.Machine[:]))
}

// text converts a C string field of a system call's result.
func text[C int8 | uint8](field []C) string {
	b := make([]byte, 0, len(field))
	for _, c := range field {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}
