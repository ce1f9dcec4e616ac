//go:build linux || darwin

package inguest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// togetherFiles are the files, and how a line gets into them.
var togetherFiles = map[string]func(name, line string) error{
	"append": func(name, line string) error {
		return opened(name, os.O_APPEND, func(f *os.File) error {
			_, err := f.WriteString(line)
			return err
		})
	},
	"flock": func(name, line string) error {
		return opened(name, 0, func(f *os.File) error {
			if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
				return err
			}
			return addLine(f, line)
		})
	},
	"fcntl": func(name, line string) error {
		return opened(name, 0, func(f *os.File) error {
			if err := unix.FcntlFlock(f.Fd(), unix.F_SETLKW, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
				return err
			}
			return addLine(f, line)
		})
	},
	"beside": func(name, line string) error { // the lock is another file
		return opened(name+".lock", 0, func(lock *os.File) error {
			if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
				return err
			}
			return opened(name, 0, func(f *os.File) error { return addLine(f, line) })
		})
	},
}

func opened(name string, flags int, f func(*os.File) error) error {
	file, err := os.OpenFile(name, flags|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(f(file), file.Close())
}

// countSize is how many bytes of a file are the count of its lines.
const countSize = 10

// addLine writes a line where the file ends, and counts it in its first bytes.
func addLine(f *os.File, line string) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte(line), max(end, countSize)); err != nil {
		return err
	}
	b := make([]byte, countSize)
	if _, err := f.ReadAt(b, 0); err != nil {
		return err
	}
	count := 0
	if _, err := fmt.Sscan(string(bytes.Trim(b, "\x00")), &count); err != nil && end > 0 {
		return fmt.Errorf("the count is %q: %w", b, err)
	}
	_, err = f.WriteAt(fmt.Appendf(nil, "%9d\n", count+1), 0)
	return err
}

// togetherLine is a line of a machine. Each tenth crosses a page.
func togetherLine(who string, i int) string {
	if i%10 == 0 {
		return fmt.Sprintf("%s %d %s\n", who, i, strings.Repeat("x", 5000))
	}
	return fmt.Sprintf("%s %d\n", who, i)
}

// Together adds so many lines to each of the files of a directory, while other machines do. A machine that is faster
// than they are pauses after each line.
func Together(dir, who string, lines int, pause time.Duration) error {
	for i := range lines {
		for name, add := range togetherFiles {
			if err := add(filepath.Join(dir, name), togetherLine(who, i)); err != nil {
				return fmt.Errorf("%s, line %d: %w", name, i, err)
			}
		}
		time.Sleep(pause)
	}
	return nil
}

// CheckTogether looks for the lines of all machines in the files of a directory.
func CheckTogether(dir string, lines int, who ...string) (wrong []string) {
	for name := range togetherFiles {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return append(wrong, err.Error())
		}
		text, missing := string(b), 0
		if name != "append" {
			count := fmt.Sprintf("%9d\n", len(who)*lines)
			if !strings.HasPrefix(text, count) {
				wrong = append(wrong, fmt.Sprintf("%s: the count is %.10q, want %q", name, text, count))
			}
			text = text[min(len(text), len(count)):]
		}
		there := map[string]bool{}
		for line := range strings.Lines(text) {
			there[line] = true
		}
		size := 0
		for _, w := range who {
			for i := range lines {
				line := togetherLine(w, i)
				size += len(line)
				if !there[line] {
					missing++
				}
			}
		}
		if missing > 0 || len(text) != size {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines are missing or torn, %d bytes, want %d", name, missing, len(text), size))
		}
	}
	return wrong
}
