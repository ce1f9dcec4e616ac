package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// run runs the statements of s and returns the status of the last.
func (sh *shell) run(s script) int {
	for _, st := range s {
		if sh.leaving() {
			break
		}
		if st.background {
			sh.startBackground(st)
			continue
		}
		sh.runPipeline(st.first)
		for _, c := range st.rest {
			if !sh.leaving() && (sh.status == 0) == (c.op == "&&") {
				sh.runPipeline(c.next)
			}
		}
	}
	return sh.status
}

// leaving reports whether the rest of a script is to be skipped.
func (sh *shell) leaving() bool {
	if sh.interrupted.Load() {
		sh.status = 128 + int(syscall.SIGINT)
		return true
	}
	return sh.exiting || sh.breaks > 0
}

func (sh *shell) startBackground(st statement) {
	pid, err := sh.startSelf(st.src, [3]int{0, 1, 2}, group{background: true})
	if err != nil {
		sh.complain(err)
		return
	}
	sh.background, sh.status = pid, 0
	sh.jobs = append(sh.jobs, pid)
	if sh.interactive {
		fmt.Fprintf(os.Stderr, "[%d]\n", pid)
	}
}

func (sh *shell) runPipeline(p pipeline) {
	start := time.Now()
	var before, after syscall.Rusage
	if p.timed {
		syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before)
	}
	if len(p.commands) == 1 {
		sh.runCommand(p.commands[0])
	} else {
		sh.runPipes(p.commands)
	}
	if p.negate && sh.status == 0 {
		sh.status = 1
	} else if p.negate {
		sh.status = 0
	}
	if p.timed {
		real := time.Since(start)
		syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after)
		fmt.Fprintf(os.Stderr, "real %.3fs user %.3fs sys %.3fs\n", real.Seconds(),
			seconds(after.Utime)-seconds(before.Utime), seconds(after.Stime)-seconds(before.Stime))
	}
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// runPipes runs commands joined by pipes, each in a process of its own, all in one process group.
func (sh *shell) runPipes(commands []command) {
	var pids []int
	g := group{}
	in := 0
	for i, c := range commands {
		std := [3]int{in, 1, 2}
		var next [2]int
		if i < len(commands)-1 {
			if err := syscall.Pipe2(next[:], syscall.O_CLOEXEC); err != nil {
				sh.complain(err)
				break
			}
			std[1] = next[1]
		}
		pid, err := sh.startCommand(c, std, g)
		if in != 0 {
			syscall.Close(in)
		}
		if std[1] != 1 {
			syscall.Close(std[1])
		}
		in = next[0]
		if err != nil {
			sh.complain(err)
			pid = -1
		} else if g.leader == 0 {
			g.leader = pid
		}
		pids = append(pids, pid)
	}
	for _, pid := range pids {
		sh.status = 127
		if pid > 0 {
			sh.status = sh.wait(pid)
		}
	}
	sh.takeTerminal()
}

// startCommand starts one command of a pipeline: a program directly, everything else in a shell of its own.
func (sh *shell) startCommand(c command, std [3]int, g group) (int, error) {
	if c.kind != simpleCommand || len(c.redirects)+len(c.assigns) > 0 {
		return sh.startSelf(c.src, std, g)
	}
	argv, err := sh.expandWords(c.words)
	if err != nil {
		return 0, err
	}
	if len(argv) == 0 || builtins[argv[0]] != nil {
		return sh.startSelf(c.src, std, g)
	}
	return sh.start(argv, os.Environ(), std, g)
}

func (sh *shell) runCommand(c command) {
	restore, err := sh.redirect(c.redirects)
	defer restore()
	if err != nil {
		sh.complain(err)
		return
	}
	switch c.kind {
	case simpleCommand:
		sh.runSimple(c)
	case groupCommand:
		sh.run(c.body)
	case subshell:
		src := strings.TrimSpace(c.src)
		inner := src[1:strings.LastIndexByte(src, ')')]
		sh.foreground(sh.startSelf(inner, [3]int{0, 1, 2}, group{}))
	case ifCommand:
		if sh.run(c.condition) == 0 {
			sh.run(c.body)
		} else if sh.status = 0; !sh.leaving() {
			sh.run(c.otherwise)
		}
	case whileCommand, untilCommand:
		sh.runWhile(c)
	case forCommand:
		sh.runFor(c)
	}
}

func (sh *shell) runWhile(c command) {
	status := 0
	for (sh.run(c.condition) == 0) == (c.kind == whileCommand) && !sh.leaving() {
		sh.run(c.body)
		if status = sh.status; sh.loopEnds() {
			return
		}
	}
	if !sh.leaving() {
		sh.status = status
	}
}

func (sh *shell) runFor(c command) {
	values, err := sh.expandWords(c.words)
	if err != nil {
		sh.complain(err)
		return
	}
	sh.status = 0
	for _, v := range values {
		sh.set(c.name, v)
		sh.run(c.body)
		if sh.loopEnds() {
			return
		}
	}
}

// loopEnds handles break and continue after a loop's body, and reports whether the loop is over.
func (sh *shell) loopEnds() bool {
	if sh.breaks == 0 {
		return sh.leaving()
	}
	if sh.breaks--; sh.breaks > 0 {
		return true
	}
	goOn := sh.continues
	sh.continues = false
	return !goOn
}

func (sh *shell) runSimple(c command) {
	argv, err := sh.expandWords(c.words)
	if err != nil {
		sh.complain(err)
		return
	}
	if len(argv) == 0 {
		sh.assign(c.assigns)
		return
	}
	if b := builtins[argv[0]]; b != nil {
		if sh.assign(c.assigns) {
			sh.status = b(sh, argv[1:])
		}
		return
	}
	env, err := sh.environment(c.assigns)
	if err != nil {
		sh.complain(err)
		return
	}
	sh.foreground(sh.start(argv, env, [3]int{0, 1, 2}, group{}))
}

// assign sets the variables of NAME=WORD.
func (sh *shell) assign(assigns []string) bool {
	status := 0
	for _, a := range assigns {
		name, word, _ := strings.Cut(a, "=")
		sh.status = 0
		value, err := sh.expandWord(word)
		if err != nil {
			sh.complain(err)
			return false
		}
		sh.set(name, value)
		status = sh.status // of a command substitution
	}
	sh.status = status
	return true
}

// environment returns the environment of a command with assignments before it.
func (sh *shell) environment(assigns []string) ([]string, error) {
	env := os.Environ()
	for _, a := range assigns {
		name, word, _ := strings.Cut(a, "=")
		value, err := sh.expandWord(word)
		if err != nil {
			return nil, err
		}
		env = slices.DeleteFunc(env, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		env = append(env, name+"="+value)
	}
	return env, nil
}

// foreground waits for a process just started and takes the terminal back.
func (sh *shell) foreground(pid int, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "sh: %v\n", err)
		sh.status = 127
		return
	}
	sh.status = sh.wait(pid)
	sh.takeTerminal()
}

// wait waits for pid and returns its exit status. A process that ^C killed interrupts the script as well.
func (sh *shell) wait(pid int) int {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return 127
		}
		break
	}
	if status.Signaled() && status.Signal() == syscall.SIGINT && sh.interactive {
		sh.interrupted.Store(true)
	} else if status.Signaled() && status.Signal() != syscall.SIGPIPE && status.Signal() != syscall.SIGINT {
		fmt.Fprintln(os.Stderr, status.Signal())
	}
	return exitStatus(status)
}

// reap forgets jobs that have ended.
func (sh *shell) reap() {
	left := sh.jobs[:0]
	for _, pid := range sh.jobs {
		if p, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); err == nil && p == 0 {
			left = append(left, pid)
		}
	}
	sh.jobs = left
}

// output runs text in a shell of its own and returns what it printed, without the newlines at its end.
func (sh *shell) output(text string) (string, error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return "", err
	}
	pid, err := sh.startSelf(text, [3]int{0, fds[1], 2}, group{})
	syscall.Close(fds[1])
	reader := os.NewFile(uintptr(fds[0]), "pipe")
	defer reader.Close()
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(reader)
	sh.status = sh.wait(pid)
	sh.takeTerminal()
	return strings.TrimRight(string(data), "\n"), err
}
