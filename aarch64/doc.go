// Package aarch64 has facts of the Arm architecture in AArch64 state (DDI 0487)
// that more than one part of the project needs, as constants, tables and pure
// functions: system registers by their encodings, exception syndromes, PSTATE,
// the stage 1 translation and the generic timer.
package aarch64
