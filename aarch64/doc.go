// Package aarch64 has facts of the Arm architecture in AArch64 state that more
// than one part of the project needs, as constants, tables and pure functions.
// They follow the Arm Architecture Reference Manual for A-profile, DDI 0487, with
// chapters numbered as from issue K.a on, for a processor of ARMv8.0-A.
//
// Implemented: system registers by their encodings, exception syndromes,
// PSTATE, the stage 1 translation and the generic timer. Missing on purpose:
// AArch32, the registers of EL2 and EL3 but for a few encodings, and stage 2.
//
// Names are the manual's. A bit or field of a register is REGISTER_FIELD, as in
// SCTLR_M or CNT_CTL_ENABLE; Reset and Writable stand for values that the manual
// gives no name. Fields of a descriptor and values of a syndrome belong to no
// register of that name: they have a Go prefix instead (DescAF, ECHVC64,
// FSCPermission).
package aarch64
