// Package hv is the seam between a virtual machine monitor and whatever runs its
// guest's instructions: a contract shaped like that of Apple's
// Hypervisor.framework on arm64.
//
// A vCPU runs until something happens and hands back a raw exit: a reason, a
// syndrome in the layout of ESR_EL2 (DDI 0487 D24.2.40), the virtual address
// and the guest physical address (IPA). Everything else is built above it: the
// decoding of exits, devices, the interrupt controller, PSCI.
//
// Package hvf meets the contract with the framework itself, package softcpu
// with a processor in software. They differ in nothing that a caller can see
// but speed. Package hvtest holds a backend against every rule below; the
// example of this package is a backend that passes its first cases.
//
// # What exits
//
// The guest runs at EL1 and EL0. These exit, as ExitException with the class in
// Exit.ESR:
//
//   - HVC and SMC, from EL1, whatever the immediate;
//   - an access or a fetch that stage 2 does not allow: nothing is mapped there,
//     or Prot refuses it. A walk of the guest's own tables counts (S1PTW);
//   - MSR and MRS of what the machine emulates: the GIC's CPU interface
//     (ICC_*_EL1), the physical counter and timer (CNTPCT_EL0, CNTP_*_EL0), the
//     OS lock and the performance monitors. Others that the processor does not
//     have may exit too;
//   - WFI, unless the VM has a GIC of its own: see GICMaker. A WFE may exit.
//
// The guest keeps for itself what its own EL1 handles: SVC, undefined
// instructions, faults of stage 1, breakpoints. Everything else runs without an
// exit: ID registers, the virtual counter and timer, TLB and cache maintenance.
//
// # The PC on an exit
//
// It is past an HVC. For every other exception it is at the instruction, which
// has had no effect: no register and no memory has changed, and the next Run
// executes it again. Whoever emulates it adds 4 to the PC and clears PSTATE.SS.
// Register 31 in a syndrome is XZR. After ExitCanceled and ExitVTimer the PC is
// at the instruction that comes next.
//
// # Accesses that a backend decodes
//
// A backend below which a kernel decodes loads and stores gives ExitAccess in
// place of a data abort, and its vCPUs are AccessDecoders. Where the kernel does
// not decode, the backend gives the data abort without a syndrome (ISV clear);
// it sets FnV in the syndrome if it does not know FAR.
//
// # Interrupts and the virtual timer
//
// SetIRQ and SetFIQ state levels, for the next Run only. The guest takes the
// interrupt when PSTATE allows it, and not at all if that Run ends before.
//
// The virtual timer belongs to the processor. When its output is high (ENABLE
// set, IMASK clear, CNTV_CVAL_EL0 reached), Run returns ExitVTimer,
// before the guest's first instruction too. The exit masks itself: there is none
// until the caller unmasks it with SetVTimerMask, and then at once if the output
// is still high. The caller raises the interrupt, looks at CNTV_CTL_EL0 before
// each Run, and unmasks when the guest has silenced the timer.
//
// # Registers
//
// A new vCPU has its ID registers set, an offset of 0, and the virtual timer's
// exit not masked. Every other register is unknown, as after a cold reset: the
// caller sets those that it relies on, MPIDR_EL1 among them. It may lower an ID
// register before the first Run; the guest reads what was set. A register that
// the processor does not have is an error, and so is a number out of range.
//
// # Threads
//
// A vCPU is made, run and closed by one goroutine, locked to its thread. Kick
// alone may be called from anywhere, also while the vCPU is being closed and
// after it. The VM's methods may be called from any goroutine.
package hv
