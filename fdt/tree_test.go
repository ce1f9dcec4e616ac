package fdt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindAndAll(t *testing.T) {
	tree := New()
	cpus := tree.Root.Add("cpus")
	cpu := cpus.Add("cpu@0")
	for path, want := range map[string]*Node{
		"/": tree.Root, "/cpus": cpus, "/cpus/cpu@0": cpu,
		"": nil, "cpus": nil, "/cpu": nil, "/cpus/cpu": nil, "/cpus/cpu@0/x": nil,
	} {
		if got := tree.Find(path); got != want {
			t.Errorf("Find(%q) = %v, want %v", path, got, want)
		}
	}
	var paths []string
	for path := range tree.All() {
		paths = append(paths, path)
	}
	if diff := cmp.Diff([]string{"/", "/cpus", "/cpus/cpu@0"}, paths); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
}

func TestEdit(t *testing.T) {
	n := &Node{}
	n.Set("a", U32(1))
	n.Set("b", U32(2))
	n.Set("a", U32(3))
	n.Delete("b")
	n.Delete("missing")
	for _, name := range []string{"memory@0", "cpus", "memory@80000000"} {
		n.Add(name)
	}
	n.RemoveFunc(func(c *Node) bool { return c.Name != "cpus" })
	want := &Node{
		Properties: []Property{{"a", Value{0, 0, 0, 3}}},
		Children:   []*Node{{Name: "cpus"}},
	}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPhandle(t *testing.T) {
	tree := New()
	a, b, c := tree.Root.Add("a"), tree.Root.Add("b"), tree.Root.Add("c")
	b.Set("phandle", U32(7))
	for _, tt := range []struct {
		n    *Node
		want uint32
	}{{a, 8}, {b, 7}, {c, 9}, {a, 8}} {
		if got := tree.Phandle(tt.n); got != tt.want {
			t.Errorf("Phandle(%s) = %d, want %d", tt.n.Name, got, tt.want)
		}
	}
}

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    Value
		want Value
		text string
	}{
		{"u32", U32(0x01020304), Value{1, 2, 3, 4}, "<0x1020304>"},
		{"u64", U64(0x0102030405060708), Value{1, 2, 3, 4, 5, 6, 7, 8}, "<0x1020304 0x5060708>"},
		{"cells", Cells(1, 2), Value{0, 0, 0, 1, 0, 0, 0, 2}, "<0x1 0x2>"},
		{"cells64", Cells64(1, 2), Value{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2}, "<0x0 0x1 0x0 0x2>"},
		{"string", Strings("okay"), Value("okay\x00"), `"okay"`},
		{"strings", Strings(`a"`, `b\`), Value("a\"\x00b\\\x00"), `"a\"", "b\\"`},
		{"bytes", Bytes([]byte{1, 0xff}), Value{1, 0xff}, "[01 ff]"},
		{"a NUL is no text", Bytes([]byte{0}), Value{0}, "[00]"},
	} {
		if diff := cmp.Diff(tt.want, tt.v); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if got := tt.v.String(); got != tt.text {
			t.Errorf("%s prints as %s, want %s", tt.name, got, tt.text)
		}
	}
}

func TestValueReaders(t *testing.T) {
	if v, err := U32(5).U32(); v != 5 || err != nil {
		t.Errorf("U32 = %d, %v, want 5", v, err)
	}
	if v, err := U64(1 << 40).U64(); v != 1<<40 || err != nil {
		t.Errorf("U64 = 0x%x, %v, want 1<<40", v, err)
	}
	if v, err := Cells(1, 2).Cells(); !cmp.Equal(v, []uint32{1, 2}) || err != nil {
		t.Errorf("Cells = %v, %v, want 1, 2", v, err)
	}
	if v, err := Strings("a", "b").Strings(); !cmp.Equal(v, []string{"a", "b"}) || err != nil {
		t.Errorf("Strings = %q, %v, want a, b", v, err)
	}
	for _, v := range []Value{nil, {1, 2, 3}, {1, 2, 3, 4, 5}} {
		if _, err := v.U32(); err == nil {
			t.Errorf("% x reads as one cell, want an error", []byte(v))
		}
		if _, err := v.U64(); err == nil {
			t.Errorf("% x reads as two cells, want an error", []byte(v))
		}
	}
	if _, err := (Value{1, 2, 3}).Cells(); err == nil {
		t.Error("three bytes read as cells, want an error")
	}
	if _, err := (Value("abc")).Strings(); err == nil {
		t.Error("a string without NUL reads as a string list, want an error")
	}
}
