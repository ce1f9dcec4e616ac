package signed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keptCopies is how many copies stay in the folder: those used last. A program that
// is being worked on leaves one for each build.
const keptCopies = 8

// copyMode is the mode of the folder and of what is in it.
const copyMode = 0o700

// install returns the path of a file with the signed program, which it writes unless the
// file is there. A file appears under its name with its whole content, and only after the
// host has run it.
func (l launcher) install(name string, program []byte) (path string, err error) {
	dir, err := l.folder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(program)
	path = filepath.Join(dir, fmt.Sprintf("%s-%x", name, sum[:8]))
	if isCopy(path, program) {
		os.Chtimes(path, time.Time{}, time.Now()) // removeStale keeps what was used last
		return path, nil
	}
	written, err := write(dir, program)
	if err != nil {
		return "", err
	}
	defer os.Remove(written) // fails once the file is renamed, which is right
	if err := l.starts(written); err != nil {
		return "", err
	}
	if err := os.Rename(written, path); err != nil {
		return "", err
	}
	removeStale(dir)
	return path, nil
}

// write writes a program to a new file in dir. It must be a new one: macOS remembers the
// signature of a file that has run.
func write(dir string, program []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return "", err
	}
	if _, err = f.Write(program); err == nil {
		err = f.Chmod(copyMode)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// isCopy says whether the file at path is the program, unchanged.
func isCopy(path string, program []byte) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != copyMode {
		return false
	}
	content, err := os.ReadFile(path)
	return err == nil && bytes.Equal(content, program)
}

// folder returns the folder of the copies, which nobody but the user can look into.
// Whoever could write there would choose what the user's programs become.
func (l launcher) folder() (string, error) {
	cache, err := l.cache()
	if err != nil {
		return "", err
	}
	// Under sudo it can be another user's, who could exchange what is in it, and who
	// could not use what root leaves there.
	if info, err := os.Stat(cache); err == nil && info.IsDir() && !ownedByUser(info) {
		return "", fmt.Errorf("%s: the folder of another user than %d, as under sudo: start the program without sudo, or sign it with miniboot sign", cache, os.Geteuid())
	}
	dir := filepath.Join(cache, "miniboot", "signed")
	if err := os.MkdirAll(dir, copyMode); err != nil {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !ownedByUser(info) {
		return "", fmt.Errorf("%s: not a folder of this user: remove it", dir)
	}
	return dir, os.Chmod(dir, copyMode)
}

// removeStale removes all files of the folder but those used last, and but those of which
// another process is just seeing whether they start. A process that runs one goes on.
func removeStale(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	written := func(e fs.DirEntry) time.Time {
		info, err := e.Info()
		if err != nil {
			return time.Time{} // somebody else has removed it
		}
		return info.ModTime()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return written(b).Compare(written(a)) })
	for _, e := range entries[min(len(entries), keptCopies):] {
		if time.Since(written(e)) > trialTime {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
