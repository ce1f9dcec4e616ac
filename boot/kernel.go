package boot

import (
	"errors"
	"fmt"
	"strings"
)

// kernel is a kernel with its place in memory: all addresses are absolute.
type kernel struct {
	format string // what it is and what it was packed in: "arm64 Image in gzip"
	base   uint64 // guest physical address of the content
	size   uint64 // bytes of memory from base that are the kernel's own
	entry  uint64 // guest physical address

	content content
}

const (
	// kernelBase is the 2 MiB aligned base of booting.rst. It is the lowest one
	// except 0: a kernel at address 0 would make 0 a valid pointer.
	kernelBase  = LowBase + alignKernel
	alignKernel = 2 << 20

	// maxKernel bounds an unpacked kernel, in bytes, and so what a small file can
	// make the host allocate.
	maxKernel = 512 << 20

	// maxLayers bounds nested packing. A zboot with a gzip payload, packed again
	// by a distribution, has three layers.
	maxLayers = 4
)

// readKernel reads a kernel in any form that Prepare takes. Of an Image it reads the header
// only.
func readKernel(f File) (*kernel, error) {
	c, err := f.open(roleKernel)
	if err != nil {
		return nil, err
	}
	var layers []string // outermost first
	k, err := parseKernel(c, &layers)
	if err != nil {
		return nil, f.failed(roleKernel, fmt.Errorf("%s%w", unpackedFrom(layers), err))
	}
	for i := len(layers) - 1; i >= 0; i-- {
		k.format += " in " + layers[i]
	}
	return k, nil
}

// parseKernel removes one layer of packing after the other, until a kernel is left.
// It appends the names of the layers to layers.
func parseKernel(c content, layers *[]string) (*kernel, error) {
	for {
		if isImage(c.head) {
			return parseImage(c)
		}
		data, err := c.all()
		if err != nil {
			return nil, err
		}
		if isELF(data) {
			return parseELF(data)
		}
		inner, name, err := unwrap(data)
		if err != nil {
			return nil, err
		}
		if *layers = append(*layers, name); len(*layers) > maxLayers {
			return nil, errors.New("packed in too many layers, give it unpacked")
		}
		c = inMemory(inner)
	}
}

// unwrap removes one layer of packing and returns its name.
func unwrap(data []byte) (inner []byte, name string, err error) {
	if isZboot(data) {
		inner, err = zbootPayload(data)
		return inner, "EFI zboot", err
	}
	if p := findPacker(data); p != nil {
		inner, err = p.unpack(data, maxKernel)
		return inner, p.name, err
	}
	return nil, "", refuse(data)
}

// unpackedFrom is the start of an error about a file that was inside layers.
func unpackedFrom(layers []string) string {
	if len(layers) == 0 {
		return ""
	}
	return "unpacked from " + strings.Join(layers, ", ") + ": "
}
