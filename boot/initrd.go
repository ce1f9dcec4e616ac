package boot

import "fmt"

// part is content in a segment, offset bytes from its beginning.
type part struct {
	content
	offset int64
}

// readInitrds looks at the initrds and joins them in the order given. The kernel
// interprets them, so their bytes do not change. A kernel looks for the next cpio
// archive at a multiple of 4 bytes, so there are zeros between them
// (Documentation/driver-api/early-userspace/buffer-format.rst).
func readInitrds(files []File) (joined []part, size int64, err error) {
	for _, f := range files {
		c, err := f.open("initrd")
		if err != nil {
			return nil, 0, err
		}
		if isImage(c.head) || isZboot(c.head) {
			return nil, 0, f.failed("initrd", fmt.Errorf("an arm64 kernel: %w", ErrIsKernel))
		}
		size = int64(alignUp(uint64(size), 4))
		if size+c.size > maxFile {
			return nil, 0, f.failed("initrd", fmt.Errorf("with this one they have 0x%x bytes, the low bank has 0x%x", size+c.size, maxFile))
		}
		joined = append(joined, part{c, size})
		size += c.size
	}
	return joined, size, nil
}
