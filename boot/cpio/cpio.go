// Package cpio writes the archives that Linux unpacks as its initramfs.
//
// The format is "newc" as Linux's Documentation/driver-api/early-userspace/buffer-format.rst describes it: records of
// an ASCII header, a name and the content, each padded to 4 bytes, up to a record named TRAILER!!!. The header's
// numbers are eight hexadecimal digits, so a file has less than 4 GiB.
//
// Implemented: regular files, directories, symbolic links, device nodes. Every file belongs to user and group 0 and
// has the modification time 0, so that equal files give equal archives. Missing: hard links, reading.
package cpio

import (
	"fmt"
	"io/fs"
	"math"
	"path"
)

// A File is one file of an archive.
type File struct {
	Name         string      // slash-separated, relative to the root of the file system: "etc/rc"
	Mode         fs.FileMode // type and permissions: a regular file, fs.ModeDir, fs.ModeSymlink or fs.ModeDevice (with fs.ModeCharDevice for a character device)
	Data         []byte      // content, or a symbolic link's target
	Major, Minor uint32      // a device node's number
}

// maxName is the kernel's PATH_MAX less the terminating zero. The kernel skips longer names silently.
const maxName = 4095

// Archive returns an archive of files in the order given. Directories that lead to a file but are not in the list are
// added before it with the mode 0755, because the kernel does not create them.
func Archive(files []File) ([]byte, error) {
	w := &writer{seen: map[string]bool{".": true}}
	for _, f := range files {
		if err := w.add(f); err != nil {
			return nil, err
		}
	}
	w.record(File{Name: "TRAILER!!!"}, 0)
	return w.buf, nil
}

type writer struct {
	buf   []byte
	inode uint32
	seen  map[string]bool // names in the archive
}

func (w *writer) add(f File) error {
	mode, err := unixMode(f.Mode)
	switch {
	case err != nil:
		return fmt.Errorf("cpio: %s: %w", f.Name, err)
	case !fs.ValidPath(f.Name) || f.Name == ".":
		return fmt.Errorf("cpio: %q: give a path relative to the root, without . and .. in it", f.Name)
	case len(f.Name) > maxName:
		return fmt.Errorf("cpio: %.40s...: the name has 0x%x bytes, the kernel takes 0x%x", f.Name, len(f.Name), maxName)
	case uint64(len(f.Data)) > math.MaxUint32:
		return fmt.Errorf("cpio: %s: 0x%x bytes, the format has room for 0x%x", f.Name, len(f.Data), uint32(math.MaxUint32))
	}
	if dir := path.Dir(f.Name); !w.seen[dir] {
		if err := w.add(File{Name: dir, Mode: fs.ModeDir | 0o755}); err != nil {
			return err
		}
	}
	w.seen[f.Name] = true
	w.record(f, mode)
	return nil
}

// record appends a header, the name with a terminating zero, and the content. A unique inode number and one link
// tell the kernel that no two records are the same file.
func (w *writer) record(f File, mode uint32) {
	const uid, gid, links, mtime, deviceMajor, deviceMinor, checksum = 0, 0, 1, 0, 0, 0, 0
	w.inode++
	w.buf = append(w.buf, "070701"...)
	for _, field := range []uint32{
		w.inode, mode, uid, gid, links, mtime, uint32(len(f.Data)), deviceMajor, deviceMinor,
		f.Major, f.Minor, uint32(len(f.Name) + 1), checksum,
	} {
		w.buf = fmt.Appendf(w.buf, "%08X", field)
	}
	w.buf = append(w.buf, f.Name...)
	w.buf = append(w.buf, 0)
	w.pad()
	w.buf = append(w.buf, f.Data...)
	w.pad()
}

func (w *writer) pad() {
	for len(w.buf)%4 != 0 {
		w.buf = append(w.buf, 0)
	}
}

// unixMode translates mode to the numbers of Linux's stat.h.
func unixMode(mode fs.FileMode) (uint32, error) {
	m := uint32(mode.Perm())
	for bit, value := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if mode&bit != 0 {
			m |= value
		}
	}
	switch mode.Type() {
	case 0:
		return m | 0o100000, nil
	case fs.ModeDir:
		return m | 0o040000, nil
	case fs.ModeSymlink:
		return m | 0o120000, nil
	case fs.ModeDevice:
		return m | 0o060000, nil
	case fs.ModeDevice | fs.ModeCharDevice:
		return m | 0o020000, nil
	}
	return 0, fmt.Errorf("%v: not a type of file that an initramfs can have", mode)
}
