// Package softcpu is an ARMv8-A processor in software: the hvf contract on
// hosts without a hypervisor.
//
// It implements ARMv8.0-A (DDI 0487) in AArch64 state at EL1 and EL0, with
// FP and AdvSIMD, CRC32, AES, PMULL, SHA1, SHA256, LSE atomics and PAN. Its ID
// registers say exactly that.
//
// The system half follows DDI 0487 chapters D1 (exceptions), D2 (self-hosted
// debug), D8 (translation) and D12 (the virtual timer). Missing on purpose:
// AArch32, big-endian data, EL2 and EL3, external debug and the debug channel's
// other end, vector catch, hardware management of the access flag, SError. As
// on Hypervisor.framework the GIC's system registers, the physical timer, the
// PMU and the OS lock exit to the host, and so does every register at EL1 that
// is unknown here. Where the architecture leaves a choice: TxSZ out of range
// acts as the nearest size, a reserved granule as 4 KiB, the contiguous hint is
// not used, a reserved type of breakpoint never matches, and a stage 1 walk that
// leaves memory exits as a stage 2 fault of level 3.
package softcpu
