// Package mmio is what a device needs from a machine: registers that are read and
// written at offsets, an interrupt line, and the bus that finds the device behind
// a guest physical address. A Bank is a Device made from a table of registers, in
// the form in which the manual of an Arm PrimeCell prints it.
//
// Nothing here depends on a hypervisor or on a particular device. A device knows
// offsets but never its base address; its interrupt is a Line, never a number.
//
// # Accesses without a syndrome
//
// The syndrome describes a trapped load or store (ESR_EL2.ISV = 1) if it moves one
// general register without write-back. For all other instructions the instruction
// word is needed: Decode decodes it and Emulator performs it. Both follow DDI 0487
// (Arm Architecture Reference Manual, A-profile), AArch64 state, little-endian
// data.
//
// Implemented: every load and store of ARMv8.0, of general and vector registers,
// with all addressing modes, pairs, LD1-LD4 and ST1-ST4, exclusives, and loads and
// stores with ordering. Of later versions: LSE (CAS, CASP, LDADD and its kin,
// SWP), LOR, LDAPR, LDAPUR and STLUR. DC ZVA is performed; PRFM and cache
// maintenance have no effect.
//
// Deliberately missing: pointer-authenticated loads, tag stores (MTE), ST64B,
// memory copies (MOPS), 128-bit atomics, SVE and SME, big-endian data. Decode
// returns false for these and the guest gets an abort.
//
// The architecture leaves much of this open for device memory. Here the results
// are always as follows:
//
//   - Elements are accessed in the order of their addresses, each by one access of
//     its size; 16 bytes take two accesses of 8. An unaligned element is split
//     into naturally aligned pieces, the lowest address first. No instruction
//     makes more than 64 accesses.
//   - Each piece goes to the bus, else to RAM; if it is in neither, the
//     instruction is refused. Within the fault's 4 KiB page the physical address
//     has the same distance from the fault's as the virtual one. The guest's
//     tables are walked for other pages, and for a store if a load trapped.
//   - A refused instruction changes no register. The accesses before the refused
//     one have happened. Processors do the same: an interrupted LDP from a device
//     starts again with its first access.
//   - A load-exclusive is a load. A store-exclusive stores and reports success:
//     the trap has cleared the monitor, so if it reported failure every retry loop
//     would go on for ever.
//   - An atomic is a read and then a write, and another vCPU may come in between.
//     CAS writes nothing if the comparison fails.
//   - If a loaded register is also the base, write-back comes last. A store of the
//     base stores its old value. LDP of the same register twice leaves the second
//     element. A status register that is also the base or the data is read before
//     the status is written.
package mmio
