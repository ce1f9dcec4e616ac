package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// each runs do on every operand, prints its errors as the command's own, and returns the exit status.
func each(name string, operands []string, do func(path string) error) int {
	status := 0
	for _, path := range operands {
		if err := do(path); err != nil {
			status = fail(name, err)
		}
	}
	return status
}

// operands parses args and wants at least n operands.
func operandsOf(args []string, spec string, n int) (opts map[byte]string, operands []string, err error) {
	opts, operands, err = getopt(args, spec)
	if err == nil && len(operands) < n {
		err = errors.New("an operand is missing")
	}
	return opts, operands, err
}

func runPwd([]string) int {
	dir, err := os.Getwd()
	if err != nil {
		return fail("pwd", err)
	}
	fmt.Fprintln(out, dir)
	return 0
}

func runMkdir(args []string) int {
	opts, dirs, err := operandsOf(args, "p", 1)
	if err != nil {
		return usage("mkdir")
	}
	return each("mkdir", dirs, func(dir string) error {
		if has(opts, 'p') {
			return os.MkdirAll(dir, 0o777)
		}
		return os.Mkdir(dir, 0o777)
	})
}

func runRmdir(args []string) int {
	if len(args) == 0 {
		return usage("rmdir")
	}
	return each("rmdir", args, func(dir string) error { return syscall.Rmdir(dir) })
}

func runRm(args []string) int {
	opts, paths, err := getopt(args, "rRf")
	if err != nil || len(paths) == 0 && !has(opts, 'f') {
		return usage("rm")
	}
	return each("rm", paths, func(path string) error {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && has(opts, 'f'):
			return nil
		case err != nil:
			return err
		case has(opts, 'r') || has(opts, 'R'):
			return os.RemoveAll(path)
		case info.IsDir():
			return fmt.Errorf("%s is a directory; rm -r removes it", path)
		}
		return os.Remove(path)
	})
}

// intoDestination runs do for each source with the path that it gets at the destination, the last of paths.
func intoDestination(name string, paths []string, do func(source, dest string) error) int {
	dest := paths[len(paths)-1]
	info, err := os.Stat(dest)
	isDir := err == nil && info.IsDir()
	if len(paths) > 2 && !isDir {
		return fail(name, fmt.Errorf("%s is not a directory", dest))
	}
	return each(name, paths[:len(paths)-1], func(source string) error {
		if isDir {
			return do(source, filepath.Join(dest, filepath.Base(source)))
		}
		return do(source, dest)
	})
}

func runCp(args []string) int {
	opts, paths, err := operandsOf(args, "rRap", 2)
	if err != nil {
		return usage("cp")
	}
	recursive := has(opts, 'r') || has(opts, 'R') || has(opts, 'a')
	return intoDestination("cp", paths, func(source, dest string) error { return copyTree(source, dest, recursive) })
}

func copyTree(source, dest string, recursive bool) error {
	info, err := os.Stat(source)
	if recursive {
		info, err = os.Lstat(source)
	}
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(target, dest)
	case !info.IsDir():
		return copyFile(source, dest, info.Mode().Perm())
	case !recursive:
		return fmt.Errorf("%s is a directory; cp -r copies it", source)
	}
	entries, err := os.ReadDir(source) // before the destination exists: it may be inside
	if err == nil {
		err = os.MkdirAll(dest, info.Mode().Perm()|0o700)
	}
	for _, entry := range entries {
		err = errors.Join(err, copyTree(filepath.Join(source, entry.Name()), filepath.Join(dest, entry.Name()), true))
	}
	return err
}

func copyFile(source, dest string, mode fs.FileMode) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	if a, err := in.Stat(); err == nil {
		if b, err := os.Stat(dest); err == nil && os.SameFile(a, b) {
			return fmt.Errorf("%s and %s are the same file", source, dest)
		}
	}
	to, err := os.OpenFile(dest, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, in)
	return errors.Join(err, to.Close())
}

func runMv(args []string) int {
	_, paths, err := operandsOf(args, "f", 2)
	if err != nil {
		return usage("mv")
	}
	return intoDestination("mv", paths, func(source, dest string) error {
		err := os.Rename(source, dest)
		if errors.Is(err, syscall.EXDEV) {
			if err = copyTree(source, dest, true); err == nil {
				err = os.RemoveAll(source)
			}
		}
		return err
	})
}

func runLn(args []string) int {
	opts, paths, err := operandsOf(args, "sf", 2)
	if err != nil {
		return usage("ln")
	}
	return intoDestination("ln", paths, func(target, name string) error {
		if has(opts, 'f') {
			os.Remove(name)
		}
		if has(opts, 's') {
			return os.Symlink(target, name)
		}
		return os.Link(target, name)
	})
}

func runTouch(args []string) int {
	if len(args) == 0 {
		return usage("touch")
	}
	return each("touch", args, func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		f.Close()
		now := time.Now()
		return os.Chtimes(path, now, now)
	})
}

func runChmod(args []string) int {
	if len(args) < 2 {
		return usage("chmod")
	}
	return each("chmod", args[1:], func(path string) error {
		var old syscall.Stat_t
		if err := syscall.Stat(path, &old); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		mode, err := changedMode(old.Mode&0o7777, args[0])
		if err != nil {
			return err
		}
		return syscall.Chmod(path, mode)
	})
}

// changedMode applies an octal mode, or the clauses [ugoa][+-=][rwxs],... to old.
func changedMode(old uint32, change string) (uint32, error) {
	if mode, err := strconv.ParseUint(change, 8, 12); err == nil {
		return uint32(mode), nil
	}
	for _, clause := range strings.Split(change, ",") {
		at := strings.IndexAny(clause, "+-=")
		if at < 0 {
			return 0, fmt.Errorf("%s: not a mode", change)
		}
		who, bits := uint32(0), uint32(0)
		for _, c := range clause[:at] {
			who |= map[rune]uint32{'u': 0o4700, 'g': 0o2070, 'o': 0o1007, 'a': 0o7777}[c]
		}
		if at == 0 {
			who = 0o7777
		}
		for _, c := range clause[at+1:] {
			bits |= map[rune]uint32{'r': 0o444, 'w': 0o222, 'x': 0o111, 's': 0o6000, 't': 0o1000}[c]
		}
		switch clause[at] {
		case '+':
			old |= who & bits
		case '-':
			old &^= who & bits
		default:
			old = old&^who | who&bits
		}
	}
	return old, nil
}

func runReadlink(args []string) int {
	opts, paths, err := operandsOf(args, "f", 1)
	if err != nil {
		return usage("readlink")
	}
	return each("readlink", paths, func(path string) error {
		target, err := os.Readlink(path)
		if has(opts, 'f') {
			if target, err = filepath.EvalSymlinks(path); err == nil {
				target, err = filepath.Abs(target)
			}
		}
		if err == nil {
			fmt.Fprintln(out, target)
		}
		return err
	})
}

func runMknod(args []string) int {
	if len(args) < 2 {
		return usage("mknod")
	}
	mode, ok := map[string]uint32{"b": syscall.S_IFBLK, "c": syscall.S_IFCHR, "p": syscall.S_IFIFO}[args[1]]
	if !ok || args[1] != "p" && len(args) != 4 {
		return usage("mknod")
	}
	device := 0
	if len(args) == 4 {
		major, err1 := strconv.Atoi(args[2])
		minor, err2 := strconv.Atoi(args[3])
		if err1 != nil || err2 != nil {
			return usage("mknod")
		}
		device = deviceNumber(major, minor)
	}
	if err := syscall.Mknod(args[0], mode|0o666, device); err != nil {
		return fail("mknod", err)
	}
	return 0
}

func runFind(args []string) int {
	var roots []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		roots, args = append(roots, args[0]), args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	name, kind := "*", ""
	for ; len(args) >= 2; args = args[2:] {
		switch args[0] {
		case "-name":
			name = args[1]
		case "-type":
			kind = args[1]
		default:
			return usage("find")
		}
	}
	if len(args) > 0 {
		return usage("find")
	}
	status := 0
	for _, root := range roots {
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				status = fail("find", err)
				return nil
			}
			match, _ := filepath.Match(name, d.Name())
			if match && (kind == "" || kind == modeLetters(d.Type())[:1] || kind == "f" && d.Type().IsRegular()) {
				fmt.Fprintln(out, path)
			}
			return nil
		})
	}
	return status
}

func runDu(args []string) int {
	if len(args) == 0 {
		args = []string{"."}
	}
	return each("du", args, func(root string) error {
		var blocks int64
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			var st syscall.Stat_t
			if err == nil && syscall.Lstat(path, &st) == nil {
				blocks += st.Blocks
			}
			return nil
		})
		fmt.Fprintf(out, "%d\t%s\n", blocks/2, root) // 512-byte blocks to KiB
		return err
	})
}

func runBasename(args []string) int {
	if len(args) == 0 {
		return usage("basename")
	}
	base := filepath.Base(args[0])
	if len(args) > 1 && base != args[1] {
		base = strings.TrimSuffix(base, args[1])
	}
	fmt.Fprintln(out, base)
	return 0
}

func runDirname(args []string) int {
	if len(args) == 0 {
		return usage("dirname")
	}
	fmt.Fprintln(out, filepath.Dir(args[0]))
	return 0
}
