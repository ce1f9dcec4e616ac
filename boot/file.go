package boot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// File is a file to boot from: a file of the host, or bytes in memory.
type File struct {
	Name string // path; for bytes in memory, what messages call them
	Data []byte // if not nil, the content; it is not changed
}

// maxFile bounds how much of one file is read. Nothing larger fits the low bank.
const maxFile = LowSize

// read returns the whole content. role is what the file was given as, for the
// message: "kernel", "initrd".
func (f File) read(role string) ([]byte, error) {
	data, err := f.content()
	if err == nil && len(data) == 0 {
		err = errors.New("the file is empty: copy it again")
	}
	if err != nil {
		return nil, f.failed(role, err)
	}
	return data, nil
}

// failed makes an error about the file.
func (f File) failed(role string, err error) error {
	if f.Name != "" {
		role += " " + f.Name
	}
	return fmt.Errorf("boot: %s: %w", role, err)
}

// repeatable returns f, as bytes in memory if it is a pipe or another file that can be
// read only once. What is wrong with the file, read will say.
func (f File) repeatable() File {
	info, err := os.Stat(f.Name)
	if f.Data != nil || err != nil || info.Mode().IsRegular() {
		return f
	}
	if data, err := f.content(); err == nil {
		f.Data = data
	}
	return f
}

func (f File) content() ([]byte, error) {
	if f.Data != nil {
		return f.Data, nil
	}
	if f.Name == "" {
		return nil, errors.New("no file is named: set Name or Data")
	}
	in, err := os.Open(f.Name)
	if err != nil {
		return nil, cause(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, cause(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, give a file in it")
	}
	if info.Mode().IsRegular() && info.Size() > maxFile {
		return nil, fmt.Errorf("the file has 0x%x bytes, at most 0x%x are read", info.Size(), maxFile)
	}
	// The file may be a pipe: its size is 0, and its end has to be found by reading.
	data, err := readAll(in, info.Size(), maxFile)
	if err != nil {
		return nil, cause(err)
	}
	return data, nil
}

// cause drops the operation and the path of an os error: the message around it names
// the file already.
func cause(err error) error {
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: check the path", fs.ErrNotExist)
	}
	return pathErr.Err
}

// errTooLong is readAll's: the stream has more bytes than its limit.
var errTooLong = errors.New("too long")

// readAll reads all of r, but no more than limit bytes. expect is the probable
// number of bytes.
func readAll(r io.Reader, expect, limit int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(expect, limit)) + bytes.MinRead)
	_, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("%w: more than 0x%x bytes", errTooLong, limit)
	}
	data := b.Bytes()
	if b.Available() > len(data)/8 {
		data = bytes.Clone(data) // a plan keeps it: give the rest back
	}
	return data, err
}
