// Package inguest has the tests that run inside a guest, on the devices that the host gives it, and the code that guest
// and host share for them. Package boottest compiles them for the guest. On the host they are skipped.
package inguest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// TreeHash returns a hash of everything in a directory: names, types, permissions, contents, and the targets of symbolic
// links.
func TreeHash(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %v ", name, info.Mode())
		return hashContent(h, path, info)
	})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

func hashContent(h io.Writer, path string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err := io.Copy(h, f)
		fmt.Fprintf(h, " %d\n", n)
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		fmt.Fprintf(h, "%q\n", target)
		return err
	}
	return nil
}
