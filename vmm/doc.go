// Package vmm composes a virtual machine: memory, interrupt controller, UART,
// clock, power key and virtio slots on a bus, the vCPUs that run on a
// hypervisor (package hv; package vmm/accel lists the backends), and the firmware
// interfaces of the guest: PSCI 1.1 (DEN0022), the TRNG interface (DEN0098) and KVM's
// PTP call for the host's time, called by SMCCC (DEN0028) through HVC and SMC.
//
// A store to a device, and the interrupt that answers it, take this way;
// ARCHITECTURE.md follows it through the other packages:
//
//	answer.go   Run asks; the bus finds the device
//	            (the device does its work and raises its line)
//	vcpu.go     the GIC drives the vCPU's line, which wakes or kicks the vCPU
//	vcpu.go     the level is stated, and the guest goes on
//
// On a backend that does not ask, the bus is reached by another way:
//
//	vcpu.go     Run returns with an exit
//	exits.go    the exit's class
//	abort.go    size, register and direction
//
// The machine's layout is that of package boot. A reset starts the guest anew
// in the same machine, as hardware does; power off ends Run.
//
// # Memory
//
// Until it is closed, a machine takes from the host:
//
//   - the pages of the guest's RAM that the guest has touched;
//   - the kernel and the initrds, unpacked, for the next reset. Machines that are
//     given the same boot.File.Data share it, unless it is packed;
//   - on the software CPU, for each vCPU, 21 KiB for each page of code that it has
//     executed, 85 MiB at most, and with the translator up to 32 MiB of code.
//
// With package guest's kernel and initramfs (60 MiB), read from files, and at the
// guest's prompt, the Go heap had 98 MiB with one vCPU, and 122 MiB with two.
package vmm
