// Package vec executes the SIMD, floating-point and crypto data-processing instructions of
// the software CPU: scalar floating point (DDI 0487 C4.1.96), Advanced SIMD, AES, PMULL,
// SHA-1 and SHA-256 (C7.2), as in ARMv8.0-A. Package softcpu executes loads and stores of
// these registers. Half-precision arithmetic, SQRDMLAH, dot products, SHA-512 and later
// extensions are missing: the decoder makes them Undefined.
//
// Files fp_*.go have the floating-point instructions, with the arithmetic of package fp.
// Files simd_*.go have the instructions on integers, with the arithmetic of package lane.
// The CRC32 instructions use general registers, but their arithmetic is here too.
package vec

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Func executes one decoded instruction. It cannot fault: the caller has already checked
// that the SIMD and FP registers may be used.
type Func func(s *a64.State, op *a64.Op)

// Exec is indexed by an Op's code less a64.FirstVector. The init functions of this package
// fill it. A test checks that every code that the decoder can return has an entry.
var Exec [a64.EndVector - a64.FirstVector]Func
