package oracle

import (
	"bufio"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A vector file is a DEFLATE stream of a header line, the number of cases as a
// uvarint, and the cases. Each is
//
//	seed       uvarint
//	slot       byte
//	words      a count byte, then 4 bytes each
//	in         what differs from Fill(seed)
//	signal     byte
//	fault      uvarint, the fault address + 1
//	out        what differs from in
//
// A list of differences is a sequence of fields, each a field number and a value, and of runs
// of memory. It ends with deltaEnd. Numbers of fixed size are little-endian.
const vectorHeader = "miniboot oracle vectors 1\n"

// Field numbers in a list of differences.
const (
	deltaX    = 0 // to 30; 8 bytes each, as all fields up to deltaV
	deltaSP   = 31
	deltaPC   = 32 // less the slot's address
	deltaNZCV = 33
	deltaFPCR = 34
	deltaFPSR = 35
	deltaV    = 36  // to 99: low and high half of each register
	deltaMem  = 100 // uvarint offset, uvarint length, bytes
	deltaEnd  = 101
)

// WriteVectors writes cases and their expected results.
func WriteVectors(w io.Writer, cases []Case, results []Result) error {
	z, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return err
	}
	e := vectorWriter{bufio.NewWriter(z)}
	e.WriteString(vectorHeader)
	e.uvarint(uint64(len(cases)))
	for i := range cases {
		e.vector(&cases[i], &results[i])
	}
	return errors.Join(e.Flush(), z.Close()) // a bufio.Writer keeps its first error
}

type vectorWriter struct{ *bufio.Writer }

func (e vectorWriter) uvarint(v uint64) { e.Write(binary.AppendUvarint(nil, v)) }
func (e vectorWriter) uint64(v uint64)  { e.Write(binary.LittleEndian.AppendUint64(nil, v)) }

func (e vectorWriter) vector(c *Case, r *Result) {
	e.uvarint(c.Seed)
	e.WriteByte(byte(c.slot()))
	e.WriteByte(byte(len(c.Words)))
	for _, w := range c.Words {
		e.Write(binary.LittleEndian.AppendUint32(nil, w))
	}
	base := Fill(c.Seed)
	base.PC = c.In.PC
	e.delta(&base, &c.In, c.In.PC)
	e.WriteByte(byte(r.Signal))
	e.uvarint(r.FaultAddr + 1) // so that ^0 is short
	e.delta(&c.In, &r.State, c.In.PC)
}

// delta writes the differences of s from base.
func (e vectorWriter) delta(base, s *State, slot uint64) {
	was, is := base.fields(slot), s.fields(slot)
	for i := range is {
		if is[i] != was[i] {
			e.WriteByte(byte(i))
			e.uint64(is[i])
		}
	}
	for i := 0; i < MemSize; i++ {
		if s.Mem[i] == base.Mem[i] {
			continue
		}
		end := i + 1
		for end < MemSize && s.Mem[end] != base.Mem[end] {
			end++
		}
		e.WriteByte(deltaMem)
		e.uvarint(uint64(i))
		e.uvarint(uint64(end - i))
		e.Write(s.Mem[i:end])
		i = end
	}
	e.WriteByte(deltaEnd)
}

// fields returns the registers in the order of the field numbers.
func (s *State) fields(slot uint64) (f [deltaMem]uint64) {
	copy(f[deltaX:], s.X[:])
	f[deltaSP] = s.SP
	f[deltaPC] = s.PC - slot
	f[deltaNZCV] = uint64(s.NZCV)
	f[deltaFPCR] = uint64(s.FPCR)
	f[deltaFPSR] = uint64(s.FPSR)
	for i, v := range s.V {
		f[deltaV+2*i], f[deltaV+2*i+1] = v[0], v[1]
	}
	return f
}

// setField sets the register with number i.
func (s *State) setField(i int, v, slot uint64) {
	switch {
	case i < deltaSP:
		s.X[i] = v
	case i == deltaSP:
		s.SP = v
	case i == deltaPC:
		s.PC = v + slot
	case i == deltaNZCV:
		s.NZCV = uint32(v)
	case i == deltaFPCR:
		s.FPCR = uint32(v)
	case i == deltaFPSR:
		s.FPSR = uint32(v)
	default:
		s.V[(i-deltaV)/2][(i-deltaV)%2] = v
	}
}

// maxVectors bounds what a header may ask for.
const maxVectors = 1 << 20

// ReadVectors reads what WriteVectors wrote.
func ReadVectors(r io.Reader) (cases []Case, results []Result, err error) {
	d := vectorReader{Reader: bufio.NewReader(flate.NewReader(r))}
	if header := d.bytes(len(vectorHeader)); d.err == nil && string(header) != vectorHeader {
		d.err = fmt.Errorf("header %q, want %q: record again", header, vectorHeader)
	}
	n := d.uvarint()
	if n > maxVectors {
		d.err = fmt.Errorf("%d cases, at most %d are allowed", n, maxVectors)
	}
	for range n {
		c, r := d.vector()
		if d.err != nil {
			break
		}
		cases, results = append(cases, c), append(results, r)
	}
	if d.err != nil {
		return nil, nil, fmt.Errorf("oracle: vectors, case %d: %w", len(cases), d.err)
	}
	return cases, results, nil
}

// vectorReader reads until the first error, which it keeps.
type vectorReader struct {
	*bufio.Reader
	err error
}

func (d *vectorReader) bytes(n int) []byte {
	b := make([]byte, n)
	if d.err == nil {
		_, d.err = io.ReadFull(d.Reader, b)
	}
	return b
}

func (d *vectorReader) byte() byte     { return d.bytes(1)[0] }
func (d *vectorReader) uint64() uint64 { return binary.LittleEndian.Uint64(d.bytes(8)) }

func (d *vectorReader) uvarint() (v uint64) {
	if d.err == nil {
		v, d.err = binary.ReadUvarint(d.Reader)
	}
	return v
}

func (d *vectorReader) vector() (c Case, r Result) {
	c.Seed = d.uvarint()
	slot := SlotPC(int(d.byte()))
	n := int(d.byte())
	for range n {
		c.Words = append(c.Words, binary.LittleEndian.Uint32(d.bytes(4)))
	}
	c.In = Fill(c.Seed)
	c.In.PC = slot
	d.delta(&c.In, slot)
	r.Signal = int(d.byte())
	r.FaultAddr = d.uvarint() - 1
	r.State = c.In
	r.Mem = append([]byte(nil), c.In.Mem...)
	d.delta(&r.State, slot)
	return c, r
}

// delta applies a list of differences to s.
func (d *vectorReader) delta(s *State, slot uint64) {
	for d.err == nil {
		switch i := int(d.byte()); {
		case i < deltaMem:
			s.setField(i, d.uint64(), slot)
		case i == deltaMem:
			off, n := d.uvarint(), d.uvarint()
			if off > MemSize || n > MemSize-off {
				d.err = fmt.Errorf("0x%x bytes at 0x%x are not in the memory block", n, off)
				return
			}
			copy(s.Mem[off:], d.bytes(int(n)))
		case i == deltaEnd:
			return
		default:
			d.err = fmt.Errorf("field %d is unknown", i)
		}
	}
}
