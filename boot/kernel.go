package boot

import (
	"errors"
	"fmt"
	"strings"
)

// kernel is a kernel that has its place: nothing of it is relative any more.
type kernel struct {
	format string // what it is and was packed in: "arm64 Image in gzip"
	base   uint64 // guest physical address of data
	data   []byte
	size   uint64 // bytes of memory from base that are the kernel's own
	entry  uint64 // guest physical address
}

const (
	// kernelBase is the 2 MiB aligned base of booting.rst. It is the lowest
	// but 0: a kernel at address 0 would make that a valid pointer.
	kernelBase  = LowBase + alignKernel
	alignKernel = 2 << 20

	// maxKernel bounds a kernel unpacked, and so what a small file can make
	// the host allocate.
	maxKernel = 512 << 20

	// maxLayers bounds packing in packing: zboot, its payload's gzip, and a
	// distribution's gzip around them are three.
	maxLayers = 4
)

// readKernel reads a kernel in any form that Prepare takes.
func readKernel(f File) (*kernel, error) {
	data, err := f.read("kernel")
	if err != nil {
		return nil, err
	}
	var layers []string // outermost first
	k, err := parseKernel(data, &layers)
	if err != nil {
		return nil, fmt.Errorf("boot: kernel %s: %s%w", f.Name, unpackedFrom(layers), err)
	}
	for i := len(layers) - 1; i >= 0; i-- {
		k.format += " in " + layers[i]
	}
	return k, nil
}

// parseKernel takes one layer of packing off after the other and names it in
// layers, until a kernel is left.
func parseKernel(data []byte, layers *[]string) (*kernel, error) {
	for {
		switch {
		case isImage(data):
			return parseImage(data)
		case isELF(data):
			return parseELF(data)
		}
		inner, name, err := unwrap(data)
		if err != nil {
			return nil, err
		}
		if *layers = append(*layers, name); len(*layers) > maxLayers {
			return nil, errors.New("packed in too many layers, give it unpacked")
		}
		data = inner
	}
}

// unwrap takes off one layer of packing and says which it was.
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

// unpackedFrom introduces an error about what was found inside layers.
func unpackedFrom(layers []string) string {
	if len(layers) == 0 {
		return ""
	}
	return "unpacked from " + strings.Join(layers, ", ") + ": "
}
