// Package fdt writes, reads and edits devicetree blobs: the "flattened
// devicetree" (FDT, or DTB) that tells a kernel which hardware it runs on.
//
// Specification: Devicetree Specification v0.4, chapter 2 (names, property
// values) and chapter 5 (the DTB format), format version 17.
//
// A Tree is built or parsed, edited through its Nodes, and turned back into a
// blob by Marshal. Output is deterministic, and laid out as dtc lays it out: a
// blob made by dtc comes back byte for byte from Parse and Marshal.
//
// Parse takes blobs from strangers. Sizes, offsets, alignment, tokens, nesting
// and names are checked before use, and what it allocates is bounded by
// MaxSize.
//
// Deliberately missing: format versions before 17, overlays, and the meaning
// of properties (that is the business of whoever builds the tree).
package fdt
