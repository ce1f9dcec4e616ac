// Package fdt writes, reads and edits devicetree blobs: the "flattened
// devicetree" (FDT, or DTB) that tells a kernel which hardware it runs on.
//
// Specification: Devicetree Specification v0.4, chapter 2 (names, property
// values) and chapter 5 (the DTB format), format version 17.
//
// A Tree is built or parsed, edited through its Nodes, and turned back into a
// blob by Marshal. The output is deterministic and has dtc's layout: a blob made
// by dtc comes back byte for byte from Parse and Marshal.
//
// Parse does not trust its input. It checks sizes, offsets, alignment, tokens,
// nesting and names before it uses them, and MaxSize bounds what it allocates.
//
// Deliberately missing: format versions before 17, overlays, and the meaning
// of properties, which is left to whoever builds the tree.
package fdt
