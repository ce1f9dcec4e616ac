package boot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What a file is given as, for messages.
const (
	roleKernel = "kernel"
	roleInitrd = "initrd"
	roleDTB    = "devicetree"
)

// File is a file to boot from: a file of the host, or bytes in memory.
type File struct {
	Name string // path; for bytes in memory, what messages call them
	Data []byte // if not nil, the content; it is not changed
}

// maxFile bounds how much of one file is read. Nothing larger fits the low bank.
const maxFile = LowSize

// maxStream bounds how much is read of a pipe, which does not tell its size.
func maxStream(role string) int64 {
	if role == roleDTB {
		return maxDTB
	}
	return maxKernel
}

// content is what a File holds: bytes in memory, or those of a regular file of the host,
// which are read when they are needed, to where they are needed.
type content struct {
	file File
	head []byte // the first bytes; of bytes in memory, all
	size int64
	info fs.FileInfo // of the host's file, nil for bytes in memory
}

// headSize is how much of the host's file content.head has: enough to know what it is.
const headSize = 64 << 10

// inMemory is content that needs no file.
func inMemory(data []byte) content { return content{head: data, size: int64(len(data))} }

// open finds out what a file holds. role is what the file was given as, for the
// message: roleKernel and so on.
func (f File) open(role string) (content, error) {
	c, err := f.content(role)
	if err == nil && c.size == 0 {
		err = errors.New("the file is empty: copy it again")
	}
	if err != nil {
		return c, f.failed(role, err)
	}
	return c, nil
}

// all returns all bytes.
func (c content) all() ([]byte, error) {
	if c.info == nil {
		return c.head, nil
	}
	data := make([]byte, c.size)
	return data, c.load(data)
}

// load copies the content to dst, which has its size.
func (c content) load(dst []byte) error {
	if c.info == nil {
		copy(dst, c.head)
		return nil
	}
	in, err := os.Open(c.file.Name)
	if err != nil {
		return cause(err)
	}
	defer in.Close()
	n, err := io.ReadFull(in, dst)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the file has 0x%x bytes, it had 0x%x: it changes, wait until it is written", n, len(dst))
	}
	if err != nil {
		return cause(err)
	}
	return nil
}

// changed says whether the host's file is another one now, or was written to.
func (c content) changed() bool {
	if c.info == nil {
		return false
	}
	now, err := os.Stat(c.file.Name)
	return err != nil || !os.SameFile(now, c.info) || now.Size() != c.size || !now.ModTime().Equal(c.info.ModTime())
}

// failed makes an error about the file.
func (f File) failed(role string, err error) error {
	if f.Name != "" {
		role += " " + f.Name
	}
	return fmt.Errorf("boot: %s: %w", role, err)
}

// repeatable returns f, as bytes in memory if it is a pipe or another file that can be
// read only once.
func (f File) repeatable(role string) (File, error) {
	info, err := os.Stat(f.Name)
	if f.Data != nil || err != nil || info.Mode().IsRegular() {
		return f, nil // what is wrong with the file, open will say
	}
	c, err := f.content(role)
	if err != nil {
		return f, f.failed(role, err)
	}
	f.Data = c.head
	return f, nil
}

func (f File) content(role string) (content, error) {
	if f.Data != nil {
		return inMemory(f.Data), nil
	}
	if f.Name == "" {
		return content{}, errors.New("no file is named: set Name or Data")
	}
	in, err := os.Open(f.Name)
	if err != nil {
		return content{}, cause(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return content{}, cause(err)
	}
	switch {
	case info.IsDir():
		return content{}, errors.New("is a directory, give a file in it")
	case info.Mode()&fs.ModeCharDevice != 0: // some never end
		return content{}, errors.New("is a character device: give a file or a pipe")
	case !info.Mode().IsRegular():
		data, err := readAll(in, 0, maxStream(role))
		if errors.Is(err, errTooLong) {
			err = fmt.Errorf("what comes from it is %w: give a file that is one", err)
		}
		return inMemory(data), cause(err)
	case info.Size() > maxFile:
		return content{}, fmt.Errorf("the file has 0x%x bytes, at most 0x%x are read", info.Size(), maxFile)
	}
	head := make([]byte, min(info.Size(), headSize))
	_, err = io.ReadFull(in, head)
	return content{file: f, head: head, size: info.Size(), info: info}, cause(err)
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
