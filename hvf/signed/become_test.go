//go:build unix

package signed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Environment variables of the program that calls Become, beside role.
const (
	cacheDir = "MINIBOOT_SIGNED_TEST_CACHE"
	depth    = "MINIBOOT_SIGNED_TEST_DEPTH" // how often the program has been replaced
)

// became is what the program that has called Become reports.
type became struct {
	Signed       bool
	Exe, Told    string // the program that runs, and what was said before it was replaced
	Args         []string
	Dir          string
	Env          []string // but for what these tests and Become add
	Stdin, Third string   // what is in descriptors 0 and 3
	Depth        int
	Err          string // of Become
}

// programs are launchers that differ from the one of a Mac.
var programs = map[string]func(l *launcher){
	"a Mac's": func(l *launcher) {},
	"a Mac that takes copies": func(l *launcher) {
		l.wanted = func(p []byte) bool { return !bytes.HasSuffix(p, []byte(mark)) }
	},
	"no need":    func(l *launcher) { l.wanted = func([]byte) bool { return false } },
	"unsigned":   func(l *launcher) { l.sign = func([]byte, string) ([]byte, error) { return nil, errors.New("no room") } },
	"no cache":   func(l *launcher) { l.cache = func() (string, error) { return "", errors.New("no home") } },
	"not a file": func(l *launcher) { l.cache = func() (string, error) { return os.DevNull, nil } },
	"killed":     killed,
	"no program runs there": func(l *launcher) { // as on a file system that is mounted noexec
		l.starts = func(path string) error { os.Chmod(path, 0o600); return starts(path) }
	},
	"another's rights": func(l *launcher) { l.setUID = func() bool { return true } },
	"no exec":          func(l *launcher) { l.exec = func(string, []string, []string) error { return syscall.EACCES } },
	"a newer one": func(l *launcher) {
		l.sign = func(p []byte, _ string) ([]byte, error) { return append(p, "newer"+mark...), nil }
	},

	// What follows are mistakes.
	"not wanted": func(l *launcher) { l.wanted = func([]byte) bool { return false } },
	"not known as a copy": func(l *launcher) {
		l.change(func(_, env *[]string) {
			*env = slices.DeleteFunc(*env, func(v string) bool { return strings.HasPrefix(v, copyOf) })
		})
	},
	"arguments lost":   func(l *launcher) { l.change(func(args, _ *[]string) { *args = (*args)[:2] }) },
	"another argv[0]":  func(l *launcher) { l.change(func(args, _ *[]string) { *args = append([]string{"x"}, (*args)[1:]...) }) },
	"environment lost": func(l *launcher) { l.change(func(_, env *[]string) { *env = (*env)[1:] }) },
	"another folder":   func(l *launcher) { l.change(func(_, _ *[]string) { os.Chdir("/") }) },
	"a file closed":    func(l *launcher) { l.change(func(_, _ *[]string) { syscall.CloseOnExec(3) }) },
	"input read":       func(l *launcher) { l.change(func(_, _ *[]string) { io.ReadAll(os.Stdin) }) },
	"not looked at": func(l *launcher) {
		killed(l)
		l.starts = func(string) error { return nil }
	},
	"a copy for each start": func(l *launcher) {
		sign := l.sign
		l.sign = func(p []byte, name string) ([]byte, error) {
			return sign(fmt.Append(p, time.Now().UnixNano()), name)
		}
	},
}

// killed makes copies that the host does not run.
func killed(l *launcher) {
	l.sign = func([]byte, string) ([]byte, error) { return []byte("#!/bin/sh\nkill -9 $$\n"), nil }
}

// change makes the launcher pass on something else.
func (l *launcher) change(f func(args, env *[]string)) {
	pass := l.exec
	l.exec = func(path string, args, env []string) error {
		args = slices.Clone(args)
		f(&args, &env)
		return pass(path, args, env)
	}
}

// playProgram is a program that calls Become and then reports what it is.
func playProgram(how string) {
	l := launcher{
		wanted: func([]byte) bool { return true }, // as if macOS refused every copy, too
		sign:   func(p []byte, _ string) ([]byte, error) { return append(p, mark...), nil },
		cache:  func() (string, error) { return os.Getenv(cacheDir), nil },
		setUID: func() bool { return false }, starts: starts, exec: execve,
	}
	b := became{Args: os.Args}
	b.Depth, _ = strconv.Atoi(os.Getenv(depth))
	l.change(func(_, env *[]string) { *env = append(*env, depth+"="+strconv.Itoa(b.Depth+1)) })
	programs[how](&l)
	if b.Depth < 3 { // else it does not end
		if err := l.become(func(path string) { b.Told = path; fmt.Fprintln(os.Stderr, path) }); err != nil {
			b.Err = err.Error()
		}
	}
	b.Exe, _ = os.Executable()
	program, _ := os.ReadFile(b.Exe)
	b.Signed = bytes.HasSuffix(program, []byte(mark))
	b.Dir, _ = os.Getwd()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MINIBOOT_") {
			b.Env = append(b.Env, v)
		}
	}
	in, _ := io.ReadAll(os.Stdin)
	third, _ := io.ReadAll(os.NewFile(3, "third"))
	b.Stdin, b.Third = string(in), string(third)
	json.NewEncoder(os.Stdout).Encode(b)
	os.Exit(7)
}

// start starts the program in a directory, and returns what it reports.
func start(how, cache, dir string) (b became, stderr string, err error) {
	self, err := os.Executable()
	if err != nil {
		return b, "", err
	}
	third, w, err := os.Pipe()
	if err != nil {
		return b, "", err
	}
	defer third.Close()
	w.WriteString("in 3")
	w.Close()
	var out, msg bytes.Buffer
	cmd := exec.Command(self, "-echo", "a b", "-test.v")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, strings.NewReader("in 0"), &out, &msg
	cmd.ExtraFiles = []*os.File{third}
	cmd.Env = append([]string{"FIRST=of all"}, append(os.Environ(), role+"=program "+how, cacheDir+"="+cache)...)
	err = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		return b, msg.String(), fmt.Errorf("%w, status %d, want 7: %s", err, code, &msg)
	}
	return b, msg.String(), json.Unmarshal(out.Bytes(), &b)
}

// checkBecome returns what is wrong with a program that is to become its copy.
func checkBecome(t *testing.T, how string, turns ...string) (wrong []string) {
	t.Helper()
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	self, _ := os.Executable()
	dir, _ := filepath.EvalSymlinks(t.TempDir())
	cache, _ := filepath.EvalSymlinks(t.TempDir())
	folder := filepath.Join(cache, "miniboot", "signed")
	os.MkdirAll(folder, 0o777) // somebody has been careless
	os.Chmod(folder, 0o777)
	for _, turn := range turns {
		before := copies(folder)
		var file os.FileInfo
		if len(before) > 0 {
			file, _ = os.Stat(before[0])
		}
		if turn == "damaged" && len(before) > 0 {
			os.Truncate(before[0], 100)
		}
		b, stderr, err := start(how, cache, dir)
		if err != nil {
			note("%s start: %v", turn, err)
			continue
		}
		want := became{
			Signed: true, Exe: b.Exe, Args: []string{self, "-echo", "a b", "-test.v"}, Dir: dir, Env: b.Env,
			Stdin: "in 0", Third: "in 3", Depth: 1, Err: ErrCopy.Error(),
		}
		if d := cmp.Diff(want, b); d != "" {
			note("%s start (-want +got):\n%s", turn, d)
		}
		if len(b.Env) == 0 || b.Env[0] != "FIRST=of all" {
			note("%s start: the environment is %q", turn, b.Env)
		}
		if filepath.Dir(b.Exe) != folder || stderr != b.Exe+"\n" {
			note("%s start: it is %s and has said %q, want a copy in %s", turn, b.Exe, stderr, folder)
		}
		if after := copies(folder); len(after) != 1 || turn == "second" && !slices.Equal(before, after) {
			note("%s start: copies %v, then %v, want one", turn, before, after)
		} else if now, _ := os.Stat(after[0]); os.SameFile(file, now) != (turn == "second") {
			note("%s start: the copy is the file of the last start: %v", turn, turn != "second")
		}
	}
	for _, path := range append(copies(folder), folder) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			note("%s: mode %v, %v, want 0700", path, info.Mode(), err)
		}
	}
	return wrong
}

// copies are all files of the folder.
func copies(folder string) (paths []string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		paths = append(paths, filepath.Join(folder, e.Name()))
	}
	return paths
}

// TestBecome: the program goes on as its copy, once, with all that it was given. The next
// start finds the copy, and makes another one if it is damaged.
func TestBecome(t *testing.T) {
	for _, wrong := range checkBecome(t, "a Mac's", "first", "second", "damaged") {
		t.Error(wrong)
	}
}

// TestBecomeInCopy: a program calls Become in main, and so again as its copy. There it is
// content.
func TestBecomeInCopy(t *testing.T) {
	b, _, err := start("a Mac that takes copies", t.TempDir(), "/")
	if err != nil || !b.Signed || b.Depth != 1 || b.Err != "" {
		t.Errorf("%v: signed %v, replaced %d times, error %q", err, b.Signed, b.Depth, b.Err)
	}
}

// TestBecomeMutations: each mistake is noticed.
func TestBecomeMutations(t *testing.T) {
	turns := map[string][]string{"a copy for each start": {"first", "second"}}
	for how, want := range map[string]string{
		"not wanted": "Signed", "not known as a copy": "Depth", "arguments lost": "Args", "another argv[0]": "Args",
		"environment lost": "the environment is", "another folder": "Dir", "a file closed": "Third", "input read": "Stdin",
		"not looked at": "status", "a copy for each start": "want one",
	} {
		if turns[how] == nil {
			turns[how] = []string{"first"}
		}
		if wrong := strings.Join(checkBecome(t, how, turns[how]...), "\n"); !strings.Contains(wrong, want) {
			t.Errorf("%s: noticed %q, want %q in it", how, wrong, want)
		}
	}
}

// TestBecomeNot: where there can be no copy the program goes on as it is, and the error
// says why. No file is left behind.
func TestBecomeNot(t *testing.T) {
	self, _ := os.Executable()
	for how, want := range map[string]string{
		"no need": "", "unsigned": "no room", "no cache": "no home", "not a file": "not a directory", "killed": "it does not start: signal: killed",
		"another's rights": "runs with the rights of user", "no exec": "permission denied", "no program runs there": "permission denied",
	} {
		cache := t.TempDir()
		b, _, err := start(how, cache, "/")
		if err != nil || b.Exe != self || b.Depth != 0 || !strings.Contains(b.Err, want) || want == "" && b.Err != "" || strings.Contains(b.Err, "\n") {
			t.Errorf("%s: %v: it is %s, error %q, want %q in it", how, err, b.Exe, b.Err, want)
		}
		if left := copies(filepath.Join(cache, "miniboot", "signed")); len(left) > 0 && how != "no exec" {
			t.Errorf("%s: files left behind: %v", how, left)
		}
	}
}

// TestForeignCache: in another user's cache nothing is written.
func TestForeignCache(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	cache := t.TempDir()
	if err := os.Chown(cache, 12345, -1); err != nil {
		t.Fatal(err)
	}
	l := launcher{cache: func() (string, error) { return cache, nil }}
	if dir, err := l.folder(); err == nil || !strings.Contains(err.Error(), "without sudo") || len(copies(cache)) > 0 {
		t.Errorf("%s, %v; written %v", dir, err, copies(cache))
	}
}

// TestForeignFolder: a folder that another user owns, or a link to one, is not used.
func TestForeignFolder(t *testing.T) {
	cache := t.TempDir()
	os.Mkdir(filepath.Join(cache, "miniboot"), 0o700)
	if err := os.Symlink(t.TempDir(), filepath.Join(cache, "miniboot", "signed")); err != nil {
		t.Fatal(err)
	}
	l := launcher{cache: func() (string, error) { return cache, nil }}
	if dir, err := l.folder(); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a link: %s, %v", dir, err)
	}
	info, err := os.Lstat("/dev/null")
	if err != nil || ownedByUser(info) != (os.Geteuid() == 0) {
		t.Errorf("/dev/null belongs to user %d: %v, %v", os.Geteuid(), ownedByUser(info), err)
	}
}

// TestStaleCopies: of the copies of old builds a few are kept, those that were written
// last.
func TestStaleCopies(t *testing.T) {
	cache := t.TempDir()
	folder := filepath.Join(cache, "miniboot", "signed")
	os.MkdirAll(folder, 0o700)
	for n := range 20 {
		path := filepath.Join(folder, fmt.Sprintf("old-%02d", n))
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-time.Duration(n+1) * time.Hour)
		os.Chtimes(path, at, at)
	}
	b, _, err := start("a newer one", cache, "/")
	if err != nil || b.Depth != 1 {
		t.Fatalf("%v: %+v", err, b)
	}
	want := []string{b.Exe}
	for n := range keptCopies - 1 {
		want = append(want, filepath.Join(folder, fmt.Sprintf("old-%02d", n)))
	}
	got := copies(folder)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("copies %v, want %v", got, want)
	}
}
