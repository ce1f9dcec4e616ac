package codesign

import (
	"errors"
	"fmt"
	"slices"
)

// Sign returns the program in file with an ad-hoc signature, which replaces one that
// it may have. The identifier is the program's name in the signature. It tells
// programs apart and means nothing else. The same arguments give the same bytes, and
// signing the result again changes nothing. A program that gets the entitlement
// Hypervisor gets an SDK version of at most KeepSDK too.
//
// If file is not a Mach-O executable for arm64, the error says what it is. If there
// is no place for a signature, the error says why.
func Sign(file []byte, identifier string, e Entitlements) ([]byte, error) {
	p, err := parse(file)
	if err != nil {
		return nil, err
	}
	if p, err = p.withCommand(); err != nil {
		return nil, err
	}
	if slices.Contains(e, Hypervisor) {
		p.lowerSDK()
	}
	special := []blob{
		newBlob(slotRequirements, magicRequirements, make([]byte, 4)), // a count of 0
		newBlob(slotEntitlements, magicEntitlements, e.XML()),
		newBlob(slotDEREntitlements, magicDEREntitlements, e.DER()),
	}
	join := func() []byte {
		blobs := append([]blob{codeDirectory(p.file, identifier, p.text, special)}, special...)
		return superBlob(append(blobs, newBlob(slotSignature, magicWrapper, nil)))
	}
	// The hashes cover the load commands, which contain the signature's length. So
	// make the signature once for its length, then again.
	p.setSize(align(len(join()), signatureAlign))
	signed := append(p.file, join()...)
	return append(signed, make([]byte, p.linkedit.fileEnd-len(signed))...), nil
}

// withCommand returns the program in a copy of the file that ends where the
// signature begins, with the load command that points there.
func (p *program) withCommand() (*program, error) {
	q := *p
	if p.signature != 0 {
		off, _ := p.signatureRange()
		q.file = slices.Clone(p.file[:off])
		return &q, nil
	}
	if p.cmdsEnd+signatureSize > p.cmdsRoom {
		return nil, fmt.Errorf("no room for a load command of 16 bytes between 0x%x and 0x%x: link with -headerpad 0x20", p.cmdsEnd, p.cmdsRoom)
	}
	off := align(len(p.file), signatureAlign)
	q.file = make([]byte, off)
	copy(q.file, p.file)
	q.signature, q.cmdsEnd = p.cmdsEnd, p.cmdsEnd+signatureSize
	c := q.file[q.signature:]
	le.PutUint32(c, cmdSignature)
	le.PutUint32(c[commandSize:], signatureSize)
	le.PutUint32(c[signatureDataOff:], uint32(off))
	le.PutUint32(q.file[headerNCmds:], le.Uint32(q.file[headerNCmds:])+1)
	le.PutUint32(q.file[headerSizeOfCmds:], uint32(q.cmdsEnd-headerSize))
	return &q, nil
}

// setSize records, in the load commands of the signature and of __LINKEDIT, that the
// signature has n bytes from the end of the file on.
func (p *program) setSize(n int) {
	le.PutUint32(p.file[p.signature+signatureDataSize:], uint32(n))
	p.linkedit.fileEnd = len(p.file) + n
	size := p.linkedit.fileEnd - p.linkedit.fileOff
	le.PutUint64(p.file[p.linkedit.cmd+segmentFileSize:], uint64(size))
	le.PutUint64(p.file[p.linkedit.cmd+segmentVMSize:], uint64(align(size, segmentAlign)))
}

func align(n, to int) int { return (n + to - 1) / to * to }

// ErrUnsigned says that a program does not have a signature.
var ErrUnsigned = errors.New("no signature")

// EntitlementsXML returns the property list of entitlements in a signed program, or
// nil if the signature has none. It does not check any hash.
func EntitlementsXML(file []byte) ([]byte, error) {
	p, err := parse(file)
	if err != nil {
		return nil, err
	}
	if p.signature == 0 {
		return nil, ErrUnsigned
	}
	off, _ := p.signatureRange()
	s := file[off:]
	if len(s) < 12 || be.Uint32(s) != magicSuperBlob || uint64(be.Uint32(s[8:])) > uint64(len(s)-12)/8 {
		return nil, fmt.Errorf("damaged: the signature at 0x%x has no index", off)
	}
	for i := range int(be.Uint32(s[8:])) {
		entry := s[12+8*i:]
		if be.Uint32(entry) == slotEntitlements {
			return blobContent(s, be.Uint32(entry[4:]))
		}
	}
	return nil, nil
}

// blobContent returns what follows the header of the blob at an offset.
func blobContent(s []byte, at uint32) ([]byte, error) {
	if uint64(at)+8 > uint64(len(s)) || be.Uint32(s[at+4:]) < 8 || uint64(at)+uint64(be.Uint32(s[at+4:])) > uint64(len(s)) {
		return nil, fmt.Errorf("damaged: the blob at 0x%x in the signature does not fit into the signature", at)
	}
	return s[at+8 : at+be.Uint32(s[at+4:])], nil
}
