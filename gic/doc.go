// Package gic is Arm's Generic Interrupt Controller, in two versions: GICv3 of
// IHI 0069 (issue H) and GICv2 of IHI 0048 (issue B.b). Registers and fields have
// the names that these manuals give them.
//
// Implemented, for both versions: SGIs, PPIs and up to 988 SPIs; level-sensitive
// and edge-triggered inputs; 32 priorities (5 bits), the priority mask, both
// binary points and preemption; pending, active, and active and pending; EOI
// with and without separate deactivation; Group 0 and Group 1.
//
//   - [V3]: Distributor, one Redistributor per CPU, the ICC_*_EL1 system
//     registers, message-signalled SPIs (GICD_SETSPI_NSR), range selectors.
//   - [V2]: Distributor and memory-mapped CPU interfaces, up to 8 CPUs.
//
// # Choices
//
// There is one Security state, as a guest without EL3 expects: in GICv3
// GICD_CTLR.DS and ARE are RAO/WI, and GICv2 has no Security Extensions. A guest
// therefore sees priorities unshifted and owns both groups. GICv3 signals Group 0
// as FIQ and Group 1 as IRQ; in GICv2 GICC_CTLR.FIQEn decides.
//
// There are five priority bits because Arm's own controllers and cores have as
// many, so guests are used to them. One active priorities register per group
// holds all 32 levels.
//
// An interrupt with several possible CPUs (GICv2 with several targets, GICv3
// with GICD_IROUTER.Interrupt_Routing_Mode) is offered to all of them. The CPU
// that reads its acknowledge register first gets it; the others read 1023.
//
// GICR_WAKER performs the handshake that drivers wait for, but a sleeping
// Redistributor still forwards interrupts. The machine does not have a power
// controller to act on a wake request, and guests without firmware do not expect
// one.
//
// ICC_SGI1R_EL1 generates an SGI whichever group its receiver has it in. The
// other two registers generate it only if the receiver has it in Group 0: with DS
// set there is no other Security state that ICC_ASGI1R_EL1 could address (IHI
// 0069, chapter 12, control of SGI generation).
//
// Every write takes effect before the access returns, so RWP reads as zero.
//
// # Deliberately missing
//
// LPIs and the ITS, extended SPI and PPI ranges, NMIs (FEAT_GICv3_NMI), legacy
// operation of GICv3, the bypass of GICv2, the virtualization registers (GICH,
// GICV, ICH_*).
//
// # Threats
//
// A guest can write anything anywhere at any time. Writes that the architecture
// calls UNPREDICTABLE are ignored. An access of the wrong size or direction, or
// to no register, is RAZ/WI and counted. All state is allocated once. The number
// of interrupts and CPUs bounds the work of an access.
package gic
