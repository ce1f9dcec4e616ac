// Package fp is the floating-point arithmetic of an ARMv8.0-A processor: the functions FPAdd, FPMul, FPRound
// and so on of the Arm Architecture Reference Manual (DDI 0487, shared/functions/float), bit for bit, with
// every FPCR mode and every cumulative FPSR flag.
//
// Values are raw bits: a half, single or double in the low 16, 32 or 64 bits of a uint64, upper bits zero. An
// operation is a method of Env, which holds the mode and collects the flags. Names are the manual's without the
// prefix FP.
//
// Implemented: the four rounding modes, round to odd and ties-away where instructions ask for them,
// flush-to-zero of inputs (IDC) and of results (UFC without IXC), default NaN, NaN propagation, tininess
// detected before rounding, alternative half precision (AHP), the reciprocal estimates.
//
// Missing, because ARMv8.0-A does not have them: half-precision arithmetic (half is only converted) and
// FPCR.{FZ16,AH,FIZ,NEP}. Trapped exceptions are optional in the architecture and never taken here: the enable bits
// of FPCR are ignored.
//
// There is one unpacked representation and one rounding (round.go) for all formats. Host arithmetic is used if its
// result and flags are provably the same (host.go).
package fp
