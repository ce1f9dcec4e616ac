// Package gic is Arm's Generic Interrupt Controller, in two versions: GICv3 as
// in IHI 0069 (issue H) and GICv2 as in IHI 0048 (issue B.b). Register and
// field names are those of these manuals.
//
// Implemented, for both versions: SGIs, PPIs and up to 988 SPIs; level-sensitive
// and edge-triggered inputs; 32 priorities (5 bits), the priority mask, both
// binary points and preemption; pending, active, and active and pending; EOI
// with and without separate deactivation; Group 0 and Group 1.
//
//   - [V3]: Distributor, a Redistributor a CPU, the ICC_*_EL1 system registers,
//     message-signalled SPIs (GICD_SETSPI_NSR), range selectors.
//   - [V2]: Distributor and memory-mapped CPU interfaces, up to 8 CPUs.
//
// # Choices
//
// There is one Security state, what a guest without EL3 sees: GICv3 has
// GICD_CTLR.DS and ARE as RAO/WI, GICv2 has no Security Extensions. So a guest
// sees priorities unshifted, and owns both groups. Group 0 is signalled as FIQ
// and Group 1 as IRQ on GICv3; on GICv2 GICC_CTLR.FIQEn decides.
//
// Five priority bits are what Arm's own controllers and cores have, so guests
// have met them; one active priorities register a group holds all 32 levels.
//
// An interrupt with several possible CPUs (GICv2 with several targets, GICv3
// with GICD_IROUTER.Interrupt_Routing_Mode) is offered to all of them. Whoever
// reads its acknowledge register first has it, the others find it gone (1023).
//
// GICR_WAKER does the handshake that drivers wait for, but a sleeping
// Redistributor still forwards interrupts: the machine has no power controller
// to act on a wake request, and firmware-less guests do not expect to need one.
//
// ICC_SGI1R_EL1 generates an SGI that its receiver has in either group, the
// other two registers only one in Group 0: with DS set there is no other
// Security state for ICC_ASGI1R_EL1 to mean (IHI 0069, chapter 12, control of
// SGI generation).
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
// A guest can write anything anywhere at any time: what the architecture calls
// UNPREDICTABLE is ignored here. An access of the wrong size or direction, or
// to no register, is RAZ/WI and counted. All state is allocated once; the work
// of an access is bounded by the number of interrupts and CPUs.
package gic
