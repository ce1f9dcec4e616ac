// Package softcpu is an ARMv8-A processor in software. It implements the contract of
// package hv on hosts without a hypervisor.
//
// The processor has ARMv8.0-A (DDI 0487) in AArch64 state at EL1 and EL0, with FP and
// AdvSIMD, CRC32, AES, PMULL, SHA1, SHA256, LSE atomics and PAN. Its ID registers say
// exactly that. The system half follows chapters D1 (exceptions), D2 (self-hosted
// debug), D8 (translation) and D12 (the virtual timer).
//
// Two engines execute instructions, and do the same, instruction for instruction. The
// interpreter runs on every host. The translator turns the guest's instructions into
// the host's. It is there on amd64 under Linux. Config.Engine chooses. Auto, its zero
// value, is the translator where the host lets a program write code for itself, and
// else the interpreter. Hypervisor.Engine says which one it is, and why.
//
// Missing on purpose: AArch32, big-endian data, EL2 and EL3, external debug and the
// debugger's side of the debug channel, vector catch, hardware management of the
// access flag, SError.
//
// As on Hypervisor.framework, accesses to the GIC's system registers, the physical
// timer, the PMU and the OS lock exit to the host. So does every access at EL1 to a
// register that is unknown here. If there is an hv.Answerer it is asked first.
//
// The architecture leaves some choices. TxSZ out of range acts as the nearest size. A
// reserved granule acts as 4 KiB. The contiguous hint is not used. A reserved type of
// breakpoint never matches. A stage 1 walk to an unmapped table exits as a stage 2
// fault of level 3.
package softcpu
