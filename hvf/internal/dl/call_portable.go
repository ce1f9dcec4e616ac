//go:build (darwin || linux) && (amd64 || arm64) && hvf_portable

package dl

import "github.com/miniboot-vmm/miniboot/hvf/internal/ccall"

// Call calls f.Fn.
func (*Library) Call(f *ccall.Frame) { callPortable(f) }
