package boot

import "fmt"

// readInitrds reads the initrds and joins them in the order given. The kernel
// interprets them, so their bytes do not change. A kernel looks for the next cpio
// archive at a multiple of 4 bytes, so they are padded with zeros
// (Documentation/driver-api/early-userspace/buffer-format.rst).
func readInitrds(files []File) ([]byte, error) {
	var joined []byte
	for i, f := range files {
		data, err := f.read("initrd")
		if err != nil {
			return nil, err
		}
		if isImage(data) || isZboot(data) {
			return nil, f.failed("initrd", fmt.Errorf("an arm64 kernel: %w", ErrIsKernel))
		}
		if len(joined)+len(data) > maxFile {
			return nil, f.failed("initrd", fmt.Errorf("with this one they have 0x%x bytes, the low bank has 0x%x", len(joined)+len(data), maxFile))
		}
		if len(files) == 1 {
			return data, nil
		}
		joined = append(joined, data...)
		for i < len(files)-1 && len(joined)%4 != 0 {
			joined = append(joined, 0)
		}
	}
	return joined, nil
}
