package fdt

import (
	"errors"
	"fmt"
	"strings"
)

// MaxSize is the largest blob that Parse accepts and Marshal produces, in bytes:
// an arm64 kernel maps at most 2 MiB of a blob.
const MaxSize = 2 << 20

// maxDepth bounds nesting, as Linux does (FDT_MAX_DEPTH).
const maxDepth = 64

// Header (§5.2): ten big-endian 32-bit words.
const (
	magic             = 0xd00dfeed
	version           = 17
	lastCompatVersion = 16

	headerSize = 40

	offMagic           = 0x00
	offTotalSize       = 0x04
	offOffStruct       = 0x08
	offOffStrings      = 0x0c
	offOffReserved     = 0x10
	offVersion         = 0x14
	offLastCompVersion = 0x18
	offBootCPU         = 0x1c
	offSizeStrings     = 0x20
	offSizeStruct      = 0x24
)

// Tokens of the structure block (§5.4.1).
const (
	tokenBeginNode = 1
	tokenEndNode   = 2
	tokenProp      = 3
	tokenNop       = 4
	tokenEnd       = 9
)

const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

const (
	nodeNameChars     = alphanumeric + ",._+-"   // table 2.1
	propertyNameChars = alphanumeric + ",._+?#-" // table 2.2
)

// The specification limits names to 31 characters, but real blobs have longer
// ones and every reader accepts them. 255 bounds what a message can print.
const maxName = 255

// checkNodeName checks node-name[@unit-address] (§2.2.1).
func checkNodeName(name string) error {
	base, unit, hasUnit := strings.Cut(name, "@")
	switch {
	case base == "":
		return fmt.Errorf("node name %q has nothing before its unit address", name)
	case hasUnit && unit == "":
		return fmt.Errorf("node name %q has an empty unit address", name)
	}
	return checkChars("node", name, base+unit, nodeNameChars)
}

func checkPropertyName(name string) error {
	if name == "" {
		return errors.New("property without a name")
	}
	return checkChars("property", name, name, propertyNameChars)
}

func checkChars(what, name, text, allowed string) error {
	if len(name) > maxName {
		return fmt.Errorf("%s name %q... has %d characters, at most %d are taken", what, name[:32], len(name), maxName)
	}
	for _, r := range text {
		if !strings.ContainsRune(allowed, r) {
			return fmt.Errorf("%s name %q has %q in it, allowed are letters, digits and %s", what, name, r, allowed[len(alphanumeric):])
		}
	}
	return nil
}

// names is the set of names that siblings already have.
type names map[string]bool

func (taken names) add(name string) error {
	if taken[name] {
		return fmt.Errorf("the name %q is there twice", name)
	}
	taken[name] = true
	return nil
}

// align rounds up to a multiple of a, a power of two.
func align(n, a int) int { return (n + a - 1) &^ (a - 1) }
