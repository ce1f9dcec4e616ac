package fdt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Parse reads a version 17 blob. Bytes behind the blob's own totalsize are
// ignored. The tree shares nothing with b.
func Parse(b []byte) (*Tree, error) {
	p, err := newParser(b)
	if err != nil {
		return nil, fmt.Errorf("fdt: %w", err)
	}
	t := &Tree{BootCPU: p.bootCPU}
	if t.Reserved, err = p.reservations(); err != nil {
		return nil, fmt.Errorf("fdt: %w", err)
	}
	if t.Root, err = p.tree(); err != nil {
		return nil, fmt.Errorf("fdt: %w", err)
	}
	return t, nil
}

// parser walks a blob whose header has been checked.
type parser struct {
	blob        []byte // totalsize bytes
	offReserved uint32
	offStruct   uint32
	structure   []byte // the structure block
	strings     []byte // the strings block
	bootCPU     uint32
	pos         int // in structure; always a multiple of 4
}

func newParser(b []byte) (*parser, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("blob of %d bytes is shorter than its header of %d: not a devicetree blob, or cut short", len(b), headerSize)
	}
	word := func(off int) uint32 { return binary.BigEndian.Uint32(b[off:]) }
	if word(offMagic) != magic {
		return nil, fmt.Errorf("magic is 0x%08x, want 0x%08x: not a devicetree blob", word(offMagic), uint32(magic))
	}
	if v, last := word(offVersion), word(offLastCompVersion); v < version || last > version {
		return nil, fmt.Errorf("format version %d (compatible down to %d), want %d: convert with dtc -V %d", v, last, version, version)
	}
	total := word(offTotalSize)
	switch {
	case total > MaxSize:
		return nil, fmt.Errorf("totalsize is 0x%x, at most 0x%x are taken", total, MaxSize)
	case uint64(total) > uint64(len(b)):
		return nil, fmt.Errorf("totalsize is 0x%x, but there are only 0x%x bytes: blob is cut short", total, len(b))
	case total < headerSize:
		return nil, fmt.Errorf("totalsize is 0x%x, less than the header", total)
	}
	p := &parser{
		blob:        b[:total],
		offReserved: word(offOffReserved),
		offStruct:   word(offOffStruct),
		bootCPU:     word(offBootCPU),
	}
	var err error
	if p.structure, err = p.block("structure", p.offStruct, word(offSizeStruct), 4); err != nil {
		return nil, err
	}
	if p.strings, err = p.block("strings", word(offOffStrings), word(offSizeStrings), 1); err != nil {
		return nil, err
	}
	return p, nil
}

// block checks the position of one of the blob's blocks and returns the block.
func (p *parser) block(name string, off, size, alignment uint32) ([]byte, error) {
	if off%alignment != 0 {
		return nil, fmt.Errorf("%s block at 0x%x, want a multiple of %d", name, off, alignment)
	}
	if end := uint64(off) + uint64(size); off < headerSize || end > uint64(len(p.blob)) {
		return nil, fmt.Errorf("%s block [0x%x-0x%x) is outside the blob [0x%x-0x%x)", name, off, end, headerSize, len(p.blob))
	}
	return p.blob[off : off+size], nil
}

// reservations reads entries up to the terminator, which is two zeros (§5.3.2).
func (p *parser) reservations() ([]Reservation, error) {
	if _, err := p.block("memory reservation", p.offReserved, 0, 8); err != nil {
		return nil, err
	}
	var list []Reservation
	for rest := p.blob[p.offReserved:]; len(rest) >= 16; rest = rest[16:] {
		r := Reservation{binary.BigEndian.Uint64(rest), binary.BigEndian.Uint64(rest[8:])}
		if r == (Reservation{}) {
			return list, nil
		}
		list = append(list, r)
	}
	return nil, fmt.Errorf("memory reservation block at 0x%x has no end", p.offReserved)
}

// tree reads the structure block: one root node and FDT_END.
func (p *parser) tree() (*Node, error) {
	if err := p.want(tokenBeginNode, "the root's FDT_BEGIN_NODE"); err != nil {
		return nil, err
	}
	name, err := p.text()
	if err != nil {
		return nil, err
	}
	if name != "" {
		return nil, fmt.Errorf("root node has the name %q, want none", name)
	}
	root := &Node{}
	if err := p.node(root, 1); err != nil {
		return nil, err
	}
	return root, p.want(tokenEnd, "FDT_END")
}

// node reads everything after a node's name, up to and including FDT_END_NODE.
func (p *parser) node(n *Node, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("node %q at 0x%x is nested deeper than %d nodes", n.Name, p.at(), maxDepth)
	}
	properties, children := names{}, names{}
	for {
		at := p.at()
		token, err := p.next()
		switch {
		case err != nil:
			return fmt.Errorf("node %q: %w", n.Name, err)
		case token == tokenEndNode:
			return nil
		case token == tokenProp:
			if err := p.property(n, properties); err != nil {
				return fmt.Errorf("node %q: property at 0x%x: %w", n.Name, at, err)
			}
		case token == tokenBeginNode:
			c, err := p.child(n, children)
			if err != nil {
				return fmt.Errorf("node %q: child at 0x%x: %w", n.Name, at, err)
			}
			if err := p.node(c, depth+1); err != nil {
				return err
			}
		default:
			return fmt.Errorf("node %q: token 0x%x at 0x%x where a property or a node was expected", n.Name, token, at)
		}
	}
}

// child reads what follows FDT_BEGIN_NODE, the name, and adds the node to n.
func (p *parser) child(n *Node, taken names) (*Node, error) {
	name, err := p.text()
	if err != nil {
		return nil, err
	}
	if err := checkNodeName(name); err != nil {
		return nil, err
	}
	return n.Add(name), taken.add(name)
}

// property reads what follows FDT_PROP, length, name offset and value, and
// adds the property to n.
func (p *parser) property(n *Node, taken names) error {
	if len(n.Children) > 0 {
		return errors.New("comes after a child node")
	}
	size, err := p.word()
	if err != nil {
		return err
	}
	nameOff, err := p.word()
	if err != nil {
		return err
	}
	name, err := p.propertyName(nameOff)
	if err != nil {
		return err
	}
	if uint64(size) > uint64(len(p.structure)-p.pos) {
		return fmt.Errorf("%q has 0x%x bytes of value, only 0x%x are left", name, size, len(p.structure)-p.pos)
	}
	value := append(Value{}, p.structure[p.pos:p.pos+int(size)]...)
	p.advance(int(size))
	n.Properties = append(n.Properties, Property{name, value})
	return taken.add(name)
}

func (p *parser) propertyName(off uint32) (string, error) {
	if uint64(off) >= uint64(len(p.strings)) {
		return "", fmt.Errorf("name at 0x%x of the strings block, which has 0x%x bytes", off, len(p.strings))
	}
	text := p.strings[off:min(len(p.strings), int(off)+maxName+1)]
	end := bytes.IndexByte(text, 0)
	if end < 0 {
		return "", fmt.Errorf("name at 0x%x of the strings block has no NUL within %d bytes", off, len(text))
	}
	name := string(text[:end])
	return name, checkPropertyName(name)
}

// text reads the NUL-terminated name that follows FDT_BEGIN_NODE.
func (p *parser) text() (string, error) {
	rest := p.structure[p.pos:]
	rest = rest[:min(len(rest), maxName+1)]
	end := bytes.IndexByte(rest, 0)
	if end < 0 {
		return "", fmt.Errorf("name without a NUL within %d bytes", len(rest))
	}
	p.advance(end + 1)
	return string(rest[:end]), nil
}

// want skips FDT_NOPs and checks the token that follows them.
func (p *parser) want(token uint32, what string) error {
	at := p.at()
	got, err := p.next()
	if err == nil && got != token {
		err = fmt.Errorf("token 0x%x at 0x%x, want %s", got, at, what)
	}
	return err
}

// next returns the next token that is not FDT_NOP.
func (p *parser) next() (uint32, error) {
	for {
		token, err := p.word()
		if err != nil || token != tokenNop {
			return token, err
		}
	}
}

func (p *parser) word() (uint32, error) {
	if len(p.structure)-p.pos < 4 {
		return 0, fmt.Errorf("structure block ends at 0x%x in the middle of a node", p.at())
	}
	v := binary.BigEndian.Uint32(p.structure[p.pos:])
	p.pos += 4
	return v, nil
}

// advance moves past n bytes and their padding, but never beyond the end.
func (p *parser) advance(n int) { p.pos = min(align(p.pos+n, 4), len(p.structure)) }

// at is the position as an offset in the blob, for messages.
func (p *parser) at() int { return int(p.offStruct) + p.pos }
