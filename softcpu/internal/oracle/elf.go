package oracle

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// pageSize is the largest page size of Linux for arm64, so that the image loads on every
// kernel.
const pageSize = 0x10000

// segment is one PT_LOAD of the image. All its bytes are in the file, because QEMU's loader
// has been unreliable with segments that are entirely bss.
type segment struct {
	addr, size uint64
	flags      elf.ProgFlag
	data       []byte
}

// image returns the monitor as a static executable for arm64 Linux.
func image() []byte {
	return layOut([]segment{
		{textBase, textSize, elf.PF_R | elf.PF_X, text()},
		{dataBase, dataSize, elf.PF_R | elf.PF_W, data()},
		{CodeBase, Slots * SlotSize, elf.PF_R | elf.PF_W, nil},
		{MemBase, MemSize, elf.PF_R | elf.PF_W, nil},
	})
}

// text returns the monitor's instructions. Behind them, each slot has a trampoline that
// restores x30, the one register that the branch into the slot needs.
func text() []byte {
	b := make([]byte, textSize)
	for i, in := range monitor {
		binary.LittleEndian.PutUint32(b[4*i:], in.word)
	}
	for i := range Slots {
		pc := uint64(trampoline(i))
		binary.LittleEndian.PutUint32(b[pc-textBase:], ldrLiteral(30, pc, dataBase+dataX30))
		binary.LittleEndian.PutUint32(b[pc+4-textBase:], branch(pc+4, SlotPC(i)))
	}
	return b
}

func trampoline(slot int) uint64 { return trampolineBase + uint64(slot)*8 }

// branch encodes B from pc to target.
func branch(pc, target uint64) uint32 {
	return 0b000101<<26 | uint32(target-pc)>>2&(1<<26-1)
}

// ldrLiteral encodes LDR Xt, target at pc.
func ldrLiteral(t uint32, pc, target uint64) uint32 {
	return 0b01011000<<24 | (uint32(target-pc)>>2&(1<<19-1))<<5 | t
}

// data returns the monitor's initialized data: the numbers that it loads, a
// struct sigaction and a stack_t.
func data() []byte {
	const (
		saSiginfo = 0x4
		saOnStack = 0x0800_0000
		saNoDefer = 0x4000_0000 // the handler never returns
	)
	b := make([]byte, dataSize)
	put := func(off int, values ...uint64) {
		for i, v := range values {
			binary.LittleEndian.PutUint64(b[off+8*i:], v)
		}
	}
	put(dataRecSize, recSize)
	put(dataMemBase, MemBase)
	put(dataCodeBase, CodeBase, Slots*SlotSize)
	put(dataBatch, batchBase, batchBase+batchHeader, batchSize)
	put(dataSigaction, textBase+4*monitorSignal, saSiginfo|saOnStack|saNoDefer, 0, 0)
	put(dataStack, dataBase+dataAltStack, 0, dataSize-dataAltStack)
	return b
}

// layOut builds an ELF64 executable of the segments; the first one's first
// byte is the entry point.
func layOut(segs []segment) []byte {
	hdr := elf.Header64{
		Ident:     [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:      uint16(elf.ET_EXEC),
		Machine:   uint16(elf.EM_AARCH64),
		Version:   uint32(elf.EV_CURRENT),
		Entry:     segs[0].addr,
		Phoff:     64,
		Ehsize:    64,
		Phentsize: 56,
		Phnum:     uint16(len(segs)),
	}
	var head, body bytes.Buffer
	binary.Write(&head, binary.LittleEndian, hdr) // a bytes.Buffer does not fail
	for _, s := range segs {
		binary.Write(&head, binary.LittleEndian, elf.Prog64{
			Type:   uint32(elf.PT_LOAD),
			Flags:  uint32(s.flags),
			Off:    uint64(pageSize + body.Len()),
			Vaddr:  s.addr,
			Paddr:  s.addr,
			Filesz: s.size,
			Memsz:  s.size,
			Align:  pageSize,
		})
		padded := make([]byte, (s.size+pageSize-1)&^(pageSize-1))
		copy(padded, s.data)
		body.Write(padded)
	}
	head.Write(make([]byte, pageSize-head.Len()))
	return append(head.Bytes(), body.Bytes()...)
}
