package hv_test

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// A machine around a vCPU runs the guest and answers its exits. This one ignores
// errors, and runs on the backend of the package's example.
func ExampleVCPU() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	vm, _ := toy{}.NewVM(hv.Config{})
	defer vm.Close()
	ram := make([]byte, hv.PageSize) // other backends want it aligned, and off Go's heap
	for i, word := range []uint32{
		0xd40000e3, // smc #7
		0xd503207f, // wfi
		0xd4000022, // hvc #1
	} {
		binary.LittleEndian.PutUint32(ram[4*i:], word)
	}
	vm.Map(0x8000_0000, ram, hv.ProtRead|hv.ProtExec)
	cpu, _ := vm.NewVCPU(0)
	defer cpu.Close()
	cpu.SetReg(hv.RegPC, 0x8000_0000)
	for {
		exit, _ := cpu.Run()
		pc, _ := cpu.Reg(hv.RegPC)
		fmt.Printf("%v, PC 0x%x\n", exit.ESR, pc)
		switch exit.ESR.EC() {
		case aarch64.ECHVC64: // the PC is past the instruction
			return
		case aarch64.ECSMC64, aarch64.ECWFx: // the PC is at it
			cpu.SetReg(hv.RegPC, pc+4)
		}
	}
	// Output:
	// SMC (ESR 0x5e000007), PC 0x80000000
	// WFx (ESR 0x6000000), PC 0x80000004
	// HVC (ESR 0x5a000001), PC 0x8000000c
}
