// Package testdata holds the source of the default guest, for package vmm/vmtest/guest to build.
//
// guest has no go.mod of its own, although it is built as a module of its own: the go command leaves nested modules
// out of a module's zip and out of go:embed, and "go run .../cmd/miniboot@version" needs the source (RATIONALE.md).
package testdata

import "embed"

// Guest is the directory guest: one main package for linux/arm64 that imports nothing but the standard library.
//
//go:embed guest/*.go
var Guest embed.FS
