// Package hv is the contract between a virtual machine monitor and the backend
// that runs its guest's instructions. It is shaped like the C interface of
// Apple's Hypervisor.framework on arm64.
//
// A vCPU runs until something happens and hands back a raw exit: a reason, a
// syndrome in the layout of ESR_EL2 (DDI 0487 D24.2.40), the virtual address
// and the guest physical address (IPA). The monitor builds everything else above
// it: the decoding of exits, devices, the interrupt controller, PSCI.
//
// Package hvf implements the contract with the framework itself. Package softcpu
// implements it with a processor in software. A caller sees no difference between
// them but speed. Package hvtest checks a backend against every rule below. The
// example of this package is a backend that passes the first of those checks.
//
// Missing on purpose: EL2, debug exceptions that exit, SME.
//
// # What exits
//
// The guest runs at EL1 and EL0. These exit, as ExitException with the class in
// Exit.ESR:
//
//   - HVC and SMC, from EL1, whatever the immediate;
//   - an access or a fetch that stage 2 does not allow: the address is unmapped,
//     or Prot refuses it. So does a walk of the guest's own tables (S1PTW);
//   - MSR and MRS of what the machine emulates: the GIC's CPU interface
//     (ICC_*_EL1), the physical counter and timer (CNTPCT_EL0, CNTP_*_EL0), the
//     OS lock and the performance monitors. MSR and MRS of other registers that
//     the processor does not have may exit too;
//   - WFI, unless the VM has a GIC of its own: see GICMaker. A WFE may exit.
//
// What the guest's own EL1 handles does not exit: SVC, undefined instructions,
// faults of stage 1, breakpoints. Neither does anything else: accesses to ID
// registers and to the virtual counter and timer, TLB and cache maintenance.
//
// # The PC on an exit
//
// After an HVC the PC is past it. For every other exception the PC is at the
// instruction, which has had no effect: no register and no memory has changed,
// and the next Run executes it again. Whoever emulates the instruction adds 4 to
// the PC and clears PSTATE.SS. Register 31 in a syndrome is XZR. After
// ExitCanceled and ExitVTimer the PC is at the instruction that comes next.
//
// # Accesses that a backend decodes
//
// Some backends stand on a kernel that decodes loads and stores. Such a backend
// returns ExitAccess in place of a data abort, and its vCPUs are AccessDecoders.
// For an access that the kernel does not decode, it returns the data abort without
// a syndrome (ISV clear). It sets FnV in the syndrome if it does not know FAR.
//
// # Accesses that are answered inside Run
//
// A backend that runs in the caller's process may ask for the answer to an access or an
// HVC instead of returning from Run for it. Its vCPUs are Askers. What nobody answers
// exits as on every other backend, and a caller that gives no Answerer sees no
// difference.
//
// # Interrupts and the virtual timer
//
// SetIRQ and SetFIQ state levels, for the next Run only. Called by an Answerer, they
// state them for the rest of the present Run. The guest takes the
// interrupt when PSTATE allows it, and not at all if that Run ends before.
//
// The virtual timer belongs to the processor. When its output is high (ENABLE
// set, IMASK clear, CNTV_CVAL_EL0 reached), Run returns ExitVTimer, even before
// the guest's first instruction. The exit masks itself. After it, there is no
// ExitVTimer until the caller unmasks it with SetVTimerMask; if the output is
// still high then, the next Run returns ExitVTimer at once. The caller raises the
// interrupt, looks at CNTV_CTL_EL0 before each Run, and unmasks when the guest has
// silenced the timer.
//
// # Registers
//
// A new vCPU has its ID registers set, to the same values on every vCPU of a VM, an
// offset of 0, and the virtual timer's exit not masked. Every other register is
// unknown, as after a cold reset: the caller sets those that it relies on, MPIDR_EL1
// among them. It may lower an ID register before the first Run, and the guest reads what was set. Access to a
// register that the processor does not have, or to a number out of range, is an
// error.
//
// # Threads
//
// One goroutine, locked to its thread, makes, runs and closes a vCPU. Kick alone
// may be called from any goroutine, even while the vCPU is being closed and
// afterwards. The VM's methods may be called from any goroutine.
package hv
