package fdt

import (
	"fmt"
	"strings"
)

// String prints the tree as devicetree source, which dtc compiles back to the
// same blob.
func (t *Tree) String() string {
	var b strings.Builder
	b.WriteString("/dts-v1/;\n")
	for _, r := range t.Reserved {
		fmt.Fprintf(&b, "/memreserve/ 0x%x 0x%x;\n", r.Address, r.Size)
	}
	b.WriteByte('\n')
	t.Root.print(&b, "/", "")
	return b.String()
}

func (n *Node) print(b *strings.Builder, name, indent string) {
	fmt.Fprintf(b, "%s%s {\n", indent, name)
	for _, p := range n.Properties {
		if len(p.Value) == 0 {
			fmt.Fprintf(b, "%s\t%s;\n", indent, p.Name)
			continue
		}
		fmt.Fprintf(b, "%s\t%s = %s;\n", indent, p.Name, p.Value)
	}
	for _, c := range n.Children {
		b.WriteByte('\n')
		c.print(b, c.Name, indent+"\t")
	}
	fmt.Fprintf(b, "%s};\n", indent)
}

// String prints a value as devicetree source. A blob does not record the type of
// a value, so String prints text if the value can be text, else cells if its
// length allows that, else bytes.
func (v Value) String() string {
	if texts, ok := v.texts(); ok {
		return `"` + strings.Join(texts, `", "`) + `"`
	}
	if cells, err := v.Cells(); err == nil {
		return "<" + strings.Trim(fmt.Sprintf("%#x", cells), "[]") + ">"
	}
	return fmt.Sprintf("[% x]", []byte(v))
}

// texts splits a value that holds nothing but printable, non-empty strings.
func (v Value) texts() ([]string, bool) {
	list, err := v.Strings()
	if err != nil || len(list) == 0 {
		return nil, false
	}
	for i, s := range list {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			return nil, false
		}
		list[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	}
	return list, true
}
