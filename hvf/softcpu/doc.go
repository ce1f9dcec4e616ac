// Package softcpu is an ARMv8-A processor in software: the hvf contract on
// hosts without a hypervisor.
//
// It implements ARMv8.0-A (DDI 0487) in AArch64 state at EL1 and EL0, with
// FP and AdvSIMD, CRC32, AES, PMULL, SHA1, SHA256, LSE atomics and PAN. Its ID
// registers say exactly that.
package softcpu
