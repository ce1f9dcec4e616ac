package codesign

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Numbers of mach-o/loader.h and mach/machine.h.
const (
	magic64        = 0xfeedfacf
	magic32        = 0xfeedface
	magicFat       = 0xcafebabe // big-endian, like the whole fat header
	cpuARM64       = 0x0100000c
	cpuX86_64      = 0x01000007
	fileExecute    = 2 // MH_EXECUTE
	cmdSegment64   = 0x19
	cmdSignature   = 0x1d // LC_CODE_SIGNATURE
	headerSize     = 32   // of struct mach_header_64
	segmentSize    = 72   // of struct segment_command_64
	sectionSize    = 80   // of struct section_64
	signatureSize  = 16   // of struct linkedit_data_command
	segmentAlign   = 16384
	signatureAlign = 16
)

// Offsets into the structs.
const (
	headerCPUType, headerFileType, headerNCmds, headerSizeOfCmds     = 4, 12, 16, 20
	segmentName, segmentVMAddr, segmentVMSize                        = 8, 24, 32
	segmentFileOff, segmentFileSize, segmentNSects, sectionOffset    = 40, 48, 64, 48
	signatureDataOff, signatureDataSize, commandSize, segmentNameLen = 8, 12, 4, 16
)

var le = binary.LittleEndian

// program is a Mach-O executable, with what signing needs to know about it. Numbers
// are offsets into the file, in bytes.
type program struct {
	file []byte

	text      segment
	linkedit  segment
	others    []segment // all but linkedit
	sdks      []int     // fields with the version of the macOS SDK
	signature int       // load command LC_CODE_SIGNATURE; 0 if there is none
	cmdsEnd   int       // end of the load commands
	cmdsRoom  int       // end of the space into which the load commands may grow
}

// segment is a segment in the file.
type segment struct {
	cmd              int // load command; 0 if there is no such segment
	vmAddr           uint64
	fileOff, fileEnd int
}

// parse reads the load commands. Anybody may have made the file, so parse checks
// that everything lies inside it.
func parse(file []byte) (*program, error) {
	if err := recognise(file); err != nil {
		return nil, err
	}
	p := &program{file: file, cmdsRoom: len(file)}
	size := int64(le.Uint32(file[headerSizeOfCmds:]))
	if headerSize+size > int64(len(file)) {
		return nil, fmt.Errorf("truncated: 0x%x bytes of load commands in a file of 0x%x bytes", size, len(file))
	}
	p.cmdsEnd = headerSize + int(size)
	at := headerSize
	for range le.Uint32(file[headerNCmds:]) {
		left := p.cmdsEnd - at
		if left < 8 || int64(le.Uint32(file[at+commandSize:])) < 8 || int64(le.Uint32(file[at+commandSize:])) > int64(left) {
			return nil, fmt.Errorf("damaged: the load command at 0x%x does not fit into the size of all of them", at)
		}
		n := int(le.Uint32(file[at+commandSize:]))
		if err := p.command(at, n); err != nil {
			return nil, err
		}
		at += n
	}
	if at != p.cmdsEnd {
		return nil, fmt.Errorf("damaged: load commands end at 0x%x, and the header says 0x%x", at, p.cmdsEnd)
	}
	return p, p.check()
}

// recognise returns an error that says what the file is, unless it can be signed.
func recognise(file []byte) error {
	if len(file) >= 4 && binary.BigEndian.Uint32(file) == magicFat {
		return errors.New("a fat file: take the arm64 program out of it first, with lipo -thin arm64")
	}
	if len(file) < headerSize || le.Uint32(file) != magic64 && le.Uint32(file) != magic32 {
		return errors.New("not a Mach-O file: give a program built for darwin/arm64")
	}
	if le.Uint32(file) == magic32 || le.Uint32(file[headerCPUType:]) != cpuARM64 {
		cpu := le.Uint32(file[headerCPUType:])
		name := fmt.Sprintf("CPU type 0x%x", cpu)
		if cpu == cpuX86_64 {
			name = "x86_64"
		}
		return fmt.Errorf("a Mach-O file for %s: give a program built for darwin/arm64", name)
	}
	if t := le.Uint32(file[headerFileType:]); t != fileExecute {
		return fmt.Errorf("a Mach-O file of type %d: only executables (2) have entitlements", t)
	}
	if len(file) > math.MaxInt32 {
		return fmt.Errorf("0x%x bytes: a signature covers less than 2 GiB", len(file))
	}
	return nil
}

// command reads the load command of n bytes at an offset.
func (p *program) command(at, n int) error {
	c := p.file[at : at+n]
	switch le.Uint32(c) {
	case cmdSegment64:
		return p.segment(at, c)
	case cmdBuildVersion, cmdVersionMinMacOS:
		return p.version(at, c)
	case cmdSignature:
		if n != signatureSize || p.signature != 0 {
			return fmt.Errorf("damaged: the LC_CODE_SIGNATURE at 0x%x has a wrong size or is the second", at)
		}
		p.signature = at
	}
	return nil
}

func (p *program) segment(at int, c []byte) error {
	if len(c) < segmentSize || uint64(len(c)) < segmentSize+sectionSize*uint64(le.Uint32(c[segmentNSects:])) {
		return fmt.Errorf("damaged: the segment command at 0x%x is too short for its sections", at)
	}
	off, size := le.Uint64(c[segmentFileOff:]), le.Uint64(c[segmentFileSize:])
	if end := uint64(len(p.file)); off > end || size > end-off {
		return fmt.Errorf("truncated: the segment command at 0x%x has 0x%x bytes at 0x%x, the file 0x%x", at, size, off, end)
	}
	s := segment{at, le.Uint64(c[segmentVMAddr:]), int(off), int(off + size)}
	for i := range int(le.Uint32(c[segmentNSects:])) {
		if o := le.Uint32(c[segmentSize+sectionSize*i+sectionOffset:]); o > 0 { // 0: not in the file
			p.cmdsRoom = min(p.cmdsRoom, int(o))
		}
	}
	name := c[segmentName : segmentName+segmentNameLen]
	switch zero := slices.Index(name, 0); string(name[:max(zero, 0)]) {
	case "__LINKEDIT":
		p.linkedit = s
		return nil
	case "__TEXT":
		p.text = s
	}
	p.others = append(p.others, s)
	return nil
}

// check makes sure that __LINKEDIT is the last segment and ends with the file, so
// that a signature at its end may grow.
func (p *program) check() error {
	switch {
	case p.text.cmd == 0 || p.linkedit.cmd == 0:
		return errors.New("damaged: a program has the segments __TEXT and __LINKEDIT")
	case p.linkedit.fileEnd != len(p.file):
		return fmt.Errorf("0x%x bytes follow the last segment: sign before anything is appended", len(p.file)-p.linkedit.fileEnd)
	}
	for _, s := range p.others {
		if s.fileEnd > p.linkedit.fileOff || s.vmAddr > p.linkedit.vmAddr {
			return fmt.Errorf("the segment command at 0x%x puts something behind __LINKEDIT, which has to be last: link the program again", s.cmd)
		}
	}
	if p.signature == 0 {
		return nil
	}
	off, size := p.signatureRange()
	if off < p.linkedit.fileOff || off < p.cmdsEnd || off+size != len(p.file) || off%signatureAlign != 0 {
		return fmt.Errorf("damaged: a signature of 0x%x bytes at 0x%x is not the end of __LINKEDIT", size, off)
	}
	return nil
}

// signatureRange returns the range in LC_CODE_SIGNATURE. It lies inside the file
// only if check has passed.
func (p *program) signatureRange() (off, size int) {
	c := p.file[p.signature:]
	return int(le.Uint32(c[signatureDataOff:])), int(le.Uint32(c[signatureDataSize:]))
}
