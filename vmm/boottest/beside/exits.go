package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
)

// What the guest of testdata/exits does, and how often. Few enough for seconds, enough for ticks of 16 ns.
const (
	exitCount  = 100_000
	loopCount  = 20_000_000
	ipiCount   = 2_000 // there and back
	timerCount = 50

	loopInstructions = 7
)

// exitRows are the numbers that the guest prints behind CNTFRQ_EL0: ticks for count things.
var exitRows = []struct {
	name  string
	count float64
	unit  string
	scale float64 // of seconds
}{
	{"a hypercall (PSCI_VERSION)", exitCount, "ns", 1e9},
	{"UARTFR read", exitCount, "ns", 1e9},
	{"an SGI to itself, ICC_IAR1_EL1, ICC_EOIR1_EL1", exitCount, "ns", 1e9},
	{"GICD_CTLR read", exitCount, "ns", 1e9},
	{"the tight loop, an instruction", loopCount * loopInstructions, "ns", 1e9},
	{"an IPI to a CPU in WFI", 2 * ipiCount, "µs", 1e6},
	{"lateness of a 10 ms timer", timerCount, "µs", 1e6},
	{"the same, the worst of 50", 1, "µs", 1e6},
}

// exitParams are behind the header of the guest's image, at the offsets that guest_arm64.s calls PARAM_.
type exitParams struct {
	UART, GICD, GICR           uint64
	Exits, Loops, IPIs, Timers uint64
	_                          uint64
}

// prepareExits builds the guest for each machine's addresses.
func prepareExits(b *bench) (run, error) {
	program := b.file("exits")
	if err := b.goCommand(forGuest, "build", "-o", program, module+"/vmm/boottest/beside/testdata/exits"); err != nil {
		return nil, err
	}
	code, err := symbolBytes(program, "main.guest")
	return func(m machine) ([]figure, error) {
		path := b.file("exits.Image")
		if err := os.WriteFile(path, exitsImage(code, m.layout), 0o600); err != nil {
			return nil, err
		}
		g, err := b.boot(m, spec{kernel: path, cpus: 2})
		if err != nil {
			return nil, err
		}
		defer g.stop()
		out, err := g.output()
		if err != nil {
			return nil, err
		}
		return exitFigures(out)
	}, err
}

// symbolBytes returns the code of a function in an ELF file.
func symbolBytes(path, name string) ([]byte, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		// The linker tells functions in assembly by a suffix, ".abi0", from their wrappers for Go.
		if s.Name == name+".abi0" && int(s.Section) < len(f.Sections) {
			section := f.Sections[s.Section]
			code := make([]byte, s.Size)
			_, err := section.ReadAt(code, int64(s.Value-section.Addr))
			return code, err
		}
	}
	return nil, fmt.Errorf("%s has no function %s.abi0", path, name)
}

// exitsImage makes an arm64 Image (Linux's booting.rst) of code and the addresses of a machine.
func exitsImage(code []byte, l layout) []byte {
	header := struct {
		Code           [2]uint32
		TextOffset     uint64
		ImageSize      uint64
		Flags          uint64
		_              [3]uint64
		Magic, Version uint32
		Params         exitParams
	}{
		Code: [2]uint32{
			0x10000013, // adr x19, .
			0x1400001f, // b   .+124: the code, behind the parameters
		},
		ImageSize: exitsImageSize,
		Flags:     1<<3 | 1<<1, // anywhere in memory, pages of 4 KiB
		Magic:     0x644d5241,  // ARMd
		Params: exitParams{
			UART: l.uart, GICD: l.gicd, GICR: l.gicr,
			Exits: exitCount, Loops: loopCount, IPIs: ipiCount, Timers: timerCount,
		},
	}
	var image bytes.Buffer
	binary.Write(&image, binary.LittleEndian, header)
	image.Write(code)
	image.Write(make([]byte, exitsImageSize-image.Len()))
	return image.Bytes()
}

// exitsImageSize has room for the code, the table and what the loop loads and stores: a page each.
const exitsImageSize = 0x3000

// exitFigures reads what the guest has printed.
func exitFigures(out string) ([]figure, error) {
	var numbers []float64
	for line := range strings.FieldsSeq(out) {
		var n uint64
		if _, err := fmt.Sscanf(line, "%16x", &n); err != nil {
			return nil, fmt.Errorf("the guest printed %q: %w", line, err)
		}
		numbers = append(numbers, float64(n))
	}
	if len(numbers) != 1+len(exitRows) || numbers[0] == 0 {
		return nil, errors.New("the guest printed other numbers than the rows want:\n" + out)
	}
	var figures []figure
	for i, r := range exitRows {
		figures = append(figures, figure{name: r.name, value: numbers[1+i] / numbers[0] * r.scale / r.count, unit: r.unit})
	}
	return figures, nil
}
