package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// listing is one run of ls.
type listing struct {
	long, all, one, recursive bool
}

func runLs(args []string) int {
	opts, paths, err := getopt(args, "la1dRhA")
	if err != nil {
		return usage("ls")
	}
	l := listing{long: has(opts, 'l'), all: has(opts, 'a') || has(opts, 'A'), one: has(opts, '1'), recursive: has(opts, 'R')}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var files, dirs []string
	status := 0
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || has(opts, 'd') || l.long {
			info, err = os.Lstat(path)
		}
		switch {
		case err != nil:
			status = fail("ls", err)
		case info.IsDir() && !has(opts, 'd'):
			dirs = append(dirs, path)
		default:
			files = append(files, path)
		}
	}
	l.print("", files)
	for i, dir := range dirs {
		if i > 0 || len(files) > 0 {
			fmt.Fprintln(out)
		}
		if len(paths) > 1 || l.recursive {
			fmt.Fprintf(out, "%s:\n", dir)
		}
		if err := l.directory(dir); err != nil {
			status = fail("ls", err)
		}
	}
	return status
}

func (l listing) directory(dir string) error {
	entries, err := os.ReadDir(dir)
	var names, inner []string
	for _, entry := range entries {
		if entry.Name()[0] == '.' && !l.all {
			continue
		}
		names = append(names, entry.Name())
		if entry.IsDir() {
			inner = append(inner, filepath.Join(dir, entry.Name()))
		}
	}
	l.print(dir, names)
	if !l.recursive {
		return err
	}
	for _, d := range inner {
		fmt.Fprintf(out, "\n%s:\n", d)
		if e := l.directory(d); e != nil {
			err = e
		}
	}
	return err
}

func (l listing) print(dir string, names []string) {
	var tty syscall.Termios
	switch {
	case l.long:
		for _, name := range names {
			printLong(dir, name)
		}
	case l.one || getTermios(1, &tty) != nil:
		for _, name := range names {
			fmt.Fprintln(out, name)
		}
	case len(names) > 0:
		printTable(names)
	}
}

// printTable prints names in columns of equal width, down and then across, on lines of 80 columns.
func printTable(names []string) {
	width := 0
	for _, name := range names {
		width = max(width, len([]rune(name))+2)
	}
	columns := max(80/width, 1)
	rows := (len(names) + columns - 1) / columns
	for row := range rows {
		for i := row; i < len(names); i += rows {
			if i+rows < len(names) {
				fmt.Fprintf(out, "%-*s", width, names[i])
			} else {
				fmt.Fprint(out, names[i])
			}
		}
		fmt.Fprintln(out)
	}
}

func printLong(dir, name string) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		fmt.Fprintf(out, "?????????? %s\n", name)
		return
	}
	st := info.Sys().(*syscall.Stat_t)
	size := fmt.Sprint(info.Size())
	if info.Mode()&fs.ModeDevice != 0 {
		size = fmt.Sprintf("%d, %d", major(st.Rdev), minor(st.Rdev))
	}
	fmt.Fprintf(out, "%s %3d %-4d %-4d %10s %s %s", modeLetters(info.Mode()), st.Nlink, st.Uid, st.Gid, size,
		info.ModTime().UTC().Format("2006-01-02 15:04"), name)
	if target, err := os.Readlink(path); err == nil {
		fmt.Fprintf(out, " -> %s", target)
	}
	fmt.Fprintln(out)
}

// major and minor take a device number apart as the kernel's new_decode_dev does.
func major[N uint32 | uint64](dev N) N { return dev >> 8 & 0xFFF }
func minor[N uint32 | uint64](dev N) N { return dev&0xFF | dev>>12&0xFFF00 }

// modeLetters is the mode as ls -l prints it.
func modeLetters(m fs.FileMode) string {
	kind := byte('-')
	switch {
	case m&fs.ModeDir != 0:
		kind = 'd'
	case m&fs.ModeSymlink != 0:
		kind = 'l'
	case m&fs.ModeCharDevice != 0:
		kind = 'c'
	case m&fs.ModeDevice != 0:
		kind = 'b'
	case m&fs.ModeNamedPipe != 0:
		kind = 'p'
	case m&fs.ModeSocket != 0:
		kind = 's'
	}
	letters := append([]byte{kind}, "rwxrwxrwx"...)
	for i := range 9 {
		if m>>(8-i)&1 == 0 {
			letters[1+i] = '-'
		}
	}
	special := func(bit fs.FileMode, at int, letter byte) {
		if m&bit != 0 {
			if letters[at] == '-' {
				letter -= 'a' - 'A'
			}
			letters[at] = letter
		}
	}
	special(fs.ModeSetuid, 3, 's')
	special(fs.ModeSetgid, 6, 's')
	special(fs.ModeSticky, 9, 't')
	return string(letters)
}

func runStat(args []string) int {
	if len(args) == 0 {
		return usage("stat")
	}
	return each("stat", args, func(path string) error {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(out, "  File: %s\n  Size: %d  Blocks: %d  IO Block: %d  Device: %d,%d  Inode: %d  Links: %d\n",
			path, st.Size, st.Blocks, st.Blksize, major(uint64(st.Dev)), minor(uint64(st.Dev)), st.Ino, st.Nlink)
		fmt.Fprintf(out, "Access: (%04o/%s)  Uid: %d  Gid: %d\n", st.Mode&0o7777, modeLetters(info.Mode()), st.Uid, st.Gid)
		for _, t := range []struct {
			name string
			ts   syscall.Timespec
		}{{"Access", st.Atim}, {"Modify", st.Mtim}, {"Change", st.Ctim}} {
			fmt.Fprintf(out, "%s: %s\n", t.name, time.Unix(t.ts.Unix()).UTC().Format("2006-01-02 15:04:05.000000000 -0700"))
		}
		return nil
	})
}
