// Package mmio is what a device needs of a machine: registers that are read
// and written at offsets, an interrupt line, and the bus that finds the device
// behind a guest physical address. A Bank is a Device made of a table of
// registers, as the manual of an Arm PrimeCell prints it.
//
// Nothing here knows a hypervisor or a particular device. Devices know offsets
// and never their own base address; their interrupt is a Line and never a
// number.
//
// # Accesses without a syndrome
//
// A hypervisor describes a trapped load or store in the syndrome (ESR_EL2.ISV
// = 1) when it moves one general register without write-back. For all others
// the instruction itself must be looked at: Decode takes the word apart and
// Emulator performs it. Both follow DDI 0487 (Arm Architecture Reference
// Manual, A-profile), AArch64 state, little-endian data.
//
// Implemented: every load and store of ARMv8.0 in general and vector
// registers, with all addressing modes, pairs, LD1-LD4 and ST1-ST4, exclusives
// and ordered ones; of later versions LSE (CAS, CASP, LDADD and its kin, SWP),
// LOR, LDAPR, LDAPUR and STLUR; DC ZVA; PRFM and cache maintenance, which have
// no effect.
//
// Missing on purpose, so that Decode says no and the guest gets an abort:
// pointer-authenticated loads, tag stores (MTE), ST64B, memory copies (MOPS),
// 128-bit atomics, SVE and SME, big-endian data.
//
// The architecture leaves much of this open for device memory. The results
// here are always these:
//
//   - Elements go in the order of their addresses, each in one access of its
//     size; 16 bytes are two accesses of 8. An unaligned element goes in
//     naturally aligned pieces, the lowest address first. No instruction makes
//     more than 64 accesses.
//   - Each piece finds its own place: the bus, else RAM, else the instruction
//     is refused. Within the fault's 4 KiB page the physical address is the
//     fault's, moved by as much as the virtual one; elsewhere, and for a store
//     when a load trapped, the guest's tables are asked.
//   - A refused instruction changes no register. Accesses before the refused
//     one have happened, as on a processor, where an interrupted LDP to a
//     device is made again from the start.
//   - A load-exclusive is a load. A store-exclusive stores and reports
//     success: the trap has cleared the monitor, so reporting failure would
//     keep every retry loop going round for ever.
//   - Atomics are a read, then a write, and another vCPU may come between. CAS
//     writes nothing when the comparison fails.
//   - Where write-back and a loaded register are the same, write-back comes
//     last. A store of the base stores its old value. LDP to one register
//     twice leaves the second element. A status register that is also the base
//     or the data is read before the status is written.
package mmio
