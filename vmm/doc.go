// Package vmm composes a virtual machine: memory, interrupt controller, UART,
// clock, power key and virtio slots on a bus, the vCPUs that run on a
// hypervisor (package hv; package vmm/accel lists those that there are), and the
// firmware interfaces that a guest finds: PSCI 1.1 (DEN0022) and the TRNG
// interface (DEN0098) by SMCCC (DEN0028), through HVC and SMC.
//
// The way of a store to a device, and of the interrupt that answers it:
//
//	vcpu.go     Run returns with an exit
//	exits.go    the exit's class
//	abort.go    size, register and direction; the bus finds the device
//	            (the device does its work and raises its line)
//	machine.go  the GIC's line to a vCPU: wakes or kicks it
//	vcpu.go     states the level and runs again
//
// The machine's layout is that of package boot. A reset starts the guest anew
// in the same machine, as hardware does; power off ends Run.
package vmm
