package fdt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a tree that shows each part of the format once.
func small() *Tree {
	t := New()
	t.Reserved = []Reservation{{0x1000, 0x2000}}
	t.Root.Set("#address-cells", U32(2))
	t.Root.Set("cells", Empty()) // the tail of #address-cells
	n := t.Root.Add("n@1")
	n.Set("mac", Bytes([]byte{0xaa, 0xbb, 0xcc}))
	n.Set("reg", Cells64(1))
	return t
}

// golden is small() as §5.1 to §5.5 lay it out.
var golden = []byte{
	// Header.
	0xd0, 0x0d, 0xfe, 0xed, // magic
	0x00, 0x00, 0x00, 0xbb, // totalsize
	0x00, 0x00, 0x00, 0x48, // off_dt_struct
	0x00, 0x00, 0x00, 0xa4, // off_dt_strings
	0x00, 0x00, 0x00, 0x28, // off_mem_rsvmap
	0x00, 0x00, 0x00, 0x11, // version 17
	0x00, 0x00, 0x00, 0x10, // last_comp_version 16
	0x00, 0x00, 0x00, 0x00, // boot_cpuid_phys
	0x00, 0x00, 0x00, 0x17, // size_dt_strings
	0x00, 0x00, 0x00, 0x5c, // size_dt_struct
	// 0x28: memory reservations.
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, // address
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, // size
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // the end
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	// 0x48: structure.
	0x00, 0x00, 0x00, 0x01, // FDT_BEGIN_NODE
	0x00, 0x00, 0x00, 0x00, // "" and padding
	0x00, 0x00, 0x00, 0x03, // FDT_PROP
	0x00, 0x00, 0x00, 0x04, // 4 bytes
	0x00, 0x00, 0x00, 0x00, // "#address-cells"
	0x00, 0x00, 0x00, 0x02,
	0x00, 0x00, 0x00, 0x03, // FDT_PROP
	0x00, 0x00, 0x00, 0x00, // empty
	0x00, 0x00, 0x00, 0x09, // "cells"
	0x00, 0x00, 0x00, 0x01, // FDT_BEGIN_NODE
	0x6e, 0x40, 0x31, 0x00, // "n@1"
	0x00, 0x00, 0x00, 0x03, // FDT_PROP
	0x00, 0x00, 0x00, 0x03, // 3 bytes
	0x00, 0x00, 0x00, 0x0f, // "mac"
	0xaa, 0xbb, 0xcc, 0x00, // value and padding
	0x00, 0x00, 0x00, 0x03, // FDT_PROP
	0x00, 0x00, 0x00, 0x08, // 8 bytes
	0x00, 0x00, 0x00, 0x13, // "reg"
	0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x01,
	0x00, 0x00, 0x00, 0x02, // FDT_END_NODE n@1
	0x00, 0x00, 0x00, 0x02, // FDT_END_NODE /
	0x00, 0x00, 0x00, 0x09, // FDT_END
	// 0xa4: strings.
	'#', 'a', 'd', 'd', 'r', 'e', 's', 's', '-', 'c', 'e', 'l', 'l', 's', 0,
	'm', 'a', 'c', 0,
	'r', 'e', 'g', 0,
}

func TestMarshalGolden(t *testing.T) {
	got, err := small().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden, got); diff != "" {
		t.Errorf("Marshal (-want +got):\n%s", diff)
	}
}

func TestMarshalRefuses(t *testing.T) {
	root := func(edit func(*Node)) *Tree {
		t := New()
		edit(t.Root)
		return t
	}
	deep := New()
	for n := deep.Root; len(n.Name) < maxDepth; {
		n = n.Add(n.Name + "a")
	}
	for _, tt := range []struct {
		name string
		tree *Tree
		want string
	}{
		{"no root", &Tree{}, "root must be there"},
		{"named root", &Tree{Root: &Node{Name: "x"}}, "root must be there"},
		{"empty node name", root(func(n *Node) { n.Add("") }), `node name ""`},
		{"only a unit address", root(func(n *Node) { n.Add("@0") }), `node name "@0"`},
		{"empty unit address", root(func(n *Node) { n.Add("cpu@") }), "empty unit address"},
		{"two unit addresses", root(func(n *Node) { n.Add("cpu@0@1") }), `has '@'`},
		{"slash in node name", root(func(n *Node) { n.Add("a/b") }), `has '/'`},
		{"# in node name", root(func(n *Node) { n.Add("#a") }), `has '#'`},
		{"long node name", root(func(n *Node) { n.Add(strings.Repeat("a", 256)) }), "256 characters"},
		{"nameless property", root(func(n *Node) { n.Set("", nil) }), "without a name"},
		{"@ in property name", root(func(n *Node) { n.Set("a@b", nil) }), `has '@'`},
		{"NUL in property name", root(func(n *Node) { n.Set("a\x00b", nil) }), `has '\x00'`},
		{"node twice", root(func(n *Node) { n.Add("a"); n.Add("a") }), `"a" is there twice`},
		{"property twice", root(func(n *Node) { n.Properties = []Property{{"p", nil}, {"p", nil}} }), `"p" is there twice`},
		{"too deep", deep, "deeper than 64"},
		{"too large", root(func(n *Node) { n.Set("p", make(Value, MaxSize)) }), "at most 0x200000"},
	} {
		_, err := tt.tree.Marshal()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func TestMarshalTakesDeepestAndLargest(t *testing.T) {
	deep := New()
	n := deep.Root
	for range maxDepth - 1 {
		n = n.Add("a")
	}
	large := New()
	large.Root.Set("pqr", make(Value, MaxSize-headerSize-16-28-4))
	long := New()
	long.Root.Add(strings.Repeat("n", maxName)).Set(strings.Repeat("p", maxName), Empty())
	for name, tree := range map[string]*Tree{"deep": deep, "large": large, "long names": long} {
		blob, err := tree.Marshal()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if tree == large && len(blob) != MaxSize {
			t.Errorf("large: 0x%x bytes, the test is about 0x%x", len(blob), MaxSize)
		}
		if _, err := Parse(blob); err != nil {
			t.Errorf("%s: parse: %v", name, err)
		}
	}
}
