package boot

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// checkKernel checks what must be true of any kernel, whatever file it came from.
func checkKernel(t *testing.T, k *kernel, err error) {
	if err != nil {
		return
	}
	end := k.base + k.size
	switch {
	case k.base < kernelBase || end < k.base:
		t.Fatalf("kernel of 0x%x bytes at 0x%x", k.size, k.base)
	case uint64(len(k.content.head)) > k.size:
		t.Fatalf("kernel of 0x%x bytes in 0x%x bytes of memory", len(k.content.head), k.size)
	case len(k.content.head) > maxKernel:
		t.Fatalf("kernel of 0x%x bytes", len(k.content.head))
	}
	if p, err := place(k, 4096, 4096, LowSize); err == nil && p.dtb.Base < end {
		t.Fatalf("blob %x in the kernel, which ends at 0x%x", p.dtb, end)
	}
}

func FuzzImage(f *testing.F) {
	f.Add(makeImage(image{})[:256])
	f.Add(makeImage(image{peEnd: 4096})[:512])
	f.Add(makeImage(image{old: true})[:64])
	f.Fuzz(func(t *testing.T, data []byte) {
		if isImage(data) {
			k, err := parseImage(inMemory(data))
			checkKernel(t, k, err)
		}
	})
}

func FuzzELF(f *testing.F) {
	f.Add(vmlinux(makeImage(image{}))[:2048])
	f.Add(makeELF(0x20_0000, segment{vaddr: 0x20_0000, paddr: 0x20_0000, data: []byte("code"), memsz: 0x1000}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if isELF(data) {
			k, err := parseELF(data)
			checkKernel(t, k, err)
		}
	})
}

func FuzzZboot(f *testing.F) {
	f.Add(makeZboot(makeImage(image{})[:64], "gzip"))
	f.Add(makeZboot(makeGzip(nil), "gzip"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isZboot(data) {
			return
		}
		if payload, err := zbootPayload(data); err == nil && len(payload) > len(data) {
			t.Fatalf("payload of %d bytes in a file of %d", len(payload), len(data))
		}
	})
}

func FuzzUnpack(f *testing.F) {
	img := makeImage(image{})[:256]
	for _, data := range [][]byte{makeGzip(img), makeZstd(img), makeLZ4(img), makeLZ4Legacy(img), bzip2Image} {
		f.Add(data)
	}
	const limit = 1 << 20
	f.Fuzz(func(t *testing.T, data []byte) {
		p := findPacker(data)
		if p == nil {
			return
		}
		if out, err := p.unpack(data, limit); err == nil && len(out) > limit {
			t.Fatalf("%s: unpacked 0x%x bytes, the limit is 0x%x", p.name, len(out), limit)
		}
	})
}

// FuzzKernel reads a kernel in all steps, as -kernel does.
func FuzzKernel(f *testing.F) {
	img := makeImage(image{})[:256]
	for _, data := range [][]byte{
		img, makeGzip(img), makeZboot(makeGzip(img), "gzip"), vmlinux(makeImage(image{})),
		otherPE(0xaa64, ".linux"), elf32ARM(), []byte("#!/bin/sh\n"),
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := readKernel(mustFile("fuzz", data))
		checkKernel(t, k, err)
	})
}

// FuzzUserBlob reads a blob as -dtb does.
func FuzzUserBlob(f *testing.F) {
	tree, err := Machine{CPUs: 1, RAM: []Range{{LowBase, 512 * mib}}, GIC: 2, Virtio: []int{0}}.Tree()
	if err != nil {
		f.Fatal(err)
	}
	blob, err := tree.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	kernel := mustFile("Image", makeImage(image{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		dtb := mustFile("fuzz.dtb", data)
		plan, err := Prepare(Config{Machine: Machine{CPUs: 1, RAM: []Range{{LowBase, 64 * mib}}, GIC: 3}, Kernel: kernel, DTB: &dtb})
		if err != nil {
			return
		}
		segments, err := plan.Segments()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fdt.Parse(loaded(t, segments[1])); err != nil {
			t.Fatal(err)
		}
	})
}
