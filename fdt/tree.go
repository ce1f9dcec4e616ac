package fdt

import (
	"iter"
	"strings"
)

// Tree is a whole devicetree.
type Tree struct {
	Root     *Node
	Reserved []Reservation // the memory reservation block (§5.3)
	BootCPU  uint32        // boot_cpuid_phys of the header
}

// Reservation is physical memory that the kernel must leave alone.
type Reservation struct {
	Address uint64
	Size    uint64 // bytes
}

// Node is one devicetree node. Properties and children keep their order.
type Node struct {
	Name       string // "cpu@1"; empty for the root
	Properties []Property
	Children   []*Node
}

// Property is a name and its value.
type Property struct {
	Name  string
	Value Value
}

// New returns a tree with an empty root.
func New() *Tree { return &Tree{Root: &Node{}} }

// Add appends a child node and returns it. Names are checked by Marshal.
func (n *Node) Add(name string) *Node {
	c := &Node{Name: name}
	n.Children = append(n.Children, c)
	return c
}

// Child returns the child with exactly this name, unit address included, or nil.
func (n *Node) Child(name string) *Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// RemoveFunc drops the children for which drop is true.
func (n *Node) RemoveFunc(drop func(*Node) bool) {
	kept := n.Children[:0]
	for _, c := range n.Children {
		if !drop(c) {
			kept = append(kept, c)
		}
	}
	clear(n.Children[len(kept):])
	n.Children = kept
}

// Set gives the node a property and replaces one of the same name.
func (n *Node) Set(name string, v Value) {
	for i := range n.Properties {
		if n.Properties[i].Name == name {
			n.Properties[i].Value = v
			return
		}
	}
	n.Properties = append(n.Properties, Property{name, v})
}

// Get returns a property's value; ok is false when the node does not have it.
func (n *Node) Get(name string) (v Value, ok bool) {
	for _, p := range n.Properties {
		if p.Name == name {
			return p.Value, true
		}
	}
	return nil, false
}

// Delete drops the property if the node has it.
func (n *Node) Delete(name string) {
	for i, p := range n.Properties {
		if p.Name == name {
			n.Properties = append(n.Properties[:i], n.Properties[i+1:]...)
			return
		}
	}
}

// Find returns the node at an absolute path ("/", "/cpus/cpu@0"), or nil.
func (t *Tree) Find(path string) *Node {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil
	}
	n := t.Root
	for rest != "" && n != nil {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		n = n.Child(name)
	}
	return n
}

// All yields every node with its path, parents before children.
func (t *Tree) All() iter.Seq2[string, *Node] {
	return func(yield func(string, *Node) bool) {
		t.Root.walk("/", yield)
	}
}

func (n *Node) walk(path string, yield func(string, *Node) bool) bool {
	if !yield(path, n) {
		return false
	}
	prefix := strings.TrimSuffix(path, "/") + "/"
	for _, c := range n.Children {
		if !c.walk(prefix+c.Name, yield) {
			return false
		}
	}
	return true
}

// Phandle returns the number by which other nodes point at n (§2.3.3). If n does
// not have one yet, it gets the number after the highest in use.
func (t *Tree) Phandle(n *Node) uint32 {
	if h, ok := n.phandle(); ok {
		return h
	}
	var highest uint32
	for _, other := range t.All() {
		if h, ok := other.phandle(); ok {
			highest = max(highest, h)
		}
	}
	n.Set("phandle", U32(highest+1))
	return highest + 1
}

func (n *Node) phandle() (uint32, bool) {
	v, _ := n.Get("phandle")
	h, err := v.U32()
	// 0 and 0xffffffff are not phandles.
	return h, err == nil && h != 0 && h != ^uint32(0)
}
