// Package vec executes the SIMD, floating-point and crypto instructions of the
// software CPU, as the Arm Architecture Reference Manual (DDI 0487, chapter C7)
// describes them: all of ARMv8.0-A's data-processing instructions on the SIMD
// and FP registers, with AES, PMULL, SHA1 and SHA256. Package fp does the
// floating-point arithmetic.
//
// Missing, because ARMv8.0-A lacks them: half-precision arithmetic, RDM, dot
// products, complex numbers and SVE. Loads and stores of these registers are
// package softcpu's.
package vec

import "github.com/miniboot-vmm/miniboot/hvf/softcpu/internal/a64"

// Func executes one decoded instruction. It cannot fault: the caller has
// already checked that the SIMD and FP registers may be used.
type Func func(s *a64.State, op *a64.Op)

// Exec is indexed by an Op's code less a64.FirstVector. Files of this package
// fill it from their init functions; every code that the decoder can return
// has an entry, which a test checks.
var Exec [a64.EndVector - a64.FirstVector]Func
