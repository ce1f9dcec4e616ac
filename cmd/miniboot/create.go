package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
)

// create makes a file for what the guest writes, which may be secret: only its owner can read a new one. In a directory like
// /tmp others can put a file or a link at a free name, so nothing of another user's is written to. The file may be a link
// or a device of the user's own.
func create(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err == nil && !ownedByUser(info) {
		return nil, fmt.Errorf("it is another user's: %w", fs.ErrPermission)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		flags |= noFollow // whatever has been put there since
	}
	return os.OpenFile(path, flags, 0o600)
}

// writeFile is os.WriteFile on a file made by create.
func writeFile(path string, data []byte) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// An outputFile is a file for the output of one of the guest's consoles. If the disk is full, say, output is dropped: a
// guest that cannot write to its console stops. The user gets one line about that, until writing has succeeded again.
type outputFile struct {
	*os.File
	what   string // the flag
	log    *slog.Logger
	failed bool
}

func openOutput(what, path string, log *slog.Logger) (*outputFile, error) {
	f, err := create(path)
	if err != nil {
		return nil, fileError(what, err)
	}
	return &outputFile{File: f, what: what, log: log}, nil
}

// Write implements io.Writer, without an error.
func (f *outputFile) Write(b []byte) (int, error) {
	_, err := f.File.Write(b)
	if err != nil && !f.failed {
		f.log.Warn(fileError(f.what, err).Error() + "; output is dropped")
	}
	f.failed = err != nil
	return len(b), nil
}
