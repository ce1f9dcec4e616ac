package codesign

import (
	"bytes"
	"encoding/xml"
	"slices"
)

const (
	// Hypervisor is the entitlement to use Hypervisor.framework.
	Hypervisor = "com.apple.security.hypervisor"
	// AllowJIT is the entitlement to memory of MAP_JIT, which a program with the
	// hardened runtime needs.
	AllowJIT = "com.apple.security.cs.allow-jit"
)

// Entitlements are keys whose value is true.
type Entitlements []string

// XML returns the property list that codesign --entitlements takes.
func (e Entitlements) XML() []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
`)
	for _, key := range e.sorted() {
		b.WriteString("\t<key>")
		xml.EscapeText(&b, []byte(key)) // a bytes.Buffer takes everything
		b.WriteString("</key>\n\t<true/>\n")
	}
	b.WriteString("</dict>\n</plist>\n")
	return b.Bytes()
}

// DER returns the same in the encoding that macOS 12 and later read:
//
//	[APPLICATION 16] { INTEGER 1, [CONTEXT 16] { SEQUENCE { UTF8String, BOOLEAN }... } }
func (e Entitlements) DER() []byte {
	var dict []byte
	for _, key := range e.sorted() {
		pair := append(tlv(0x0c, []byte(key)), 0x01, 1, 0xff)
		dict = append(dict, tlv(0x30, pair)...)
	}
	return tlv(0x70, append([]byte{0x02, 1, 1}, tlv(0xb0, dict)...))
}

func (e Entitlements) sorted() []string { return slices.Sorted(slices.Values(e)) }

// tlv is one element of DER: tag, length (X.690 8.1.3), value.
func tlv(tag byte, value []byte) []byte {
	n := len(value)
	head := []byte{tag, byte(n)}
	switch {
	case n > 0xff:
		head = []byte{tag, 0x82, byte(n >> 8), byte(n)}
	case n > 0x7f:
		head = []byte{tag, 0x81, byte(n)}
	}
	return append(head, value...)
}
