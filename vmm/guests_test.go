package vmm

import "slices"

// Guests without an operating system, as words with their disassembly.

// allOn switches on CPUs 1 to 3; all four go on with what follows.
var allOn = []uint32{
	0xd2800033, // mov x19, #1
	0xd2800060, // 1: mov x0, #3
	0xf2b88000, // movk x0, #0xc400, lsl #16
	0xaa1303e1, // mov x1, x19
	0x100000a2, // adr x2, 2f
	0xd4000002, // hvc #0
	0x91000673, // add x19, x19, #1
	0xf100127f, // cmp x19, #4
	0x54ffff23, // b.lo 1b
	// 2:
}

func onAll(body []uint32) []uint32 { return slices.Concat(allOn, body) }

var (
	guestSpin = []uint32{
		0x14000000, // b .
	}
	guestWFI = []uint32{
		0xd503207f, // wfi
		0x17ffffff, // b .-4
	}
	guestReset = []uint32{
		0xd2800120, // mov x0, #9
		0xf2b08000, // movk x0, #0x8400, lsl #16
		0xd4000002, // hvc #0
		0x14000000, // b .
	}
	guestPowerOff = []uint32{
		0xd2800100, // mov x0, #8
		0xf2b08000, // movk x0, #0x8400, lsl #16
		0xd4000002, // hvc #0
		0x14000000, // b .
	}
	// guestTimer waits for the virtual timer, 171 us at a time.
	guestTimer = []uint32{
		0xd53be041, // 1: mrs x1, cntvct_el0
		0x91400421, // add x1, x1, #1, lsl #12
		0xd51be341, // msr cntv_cval_el0, x1
		0xd2800022, // mov x2, #1
		0xd51be322, // msr cntv_ctl_el0, x2
		0xd503207f, // wfi
		0x17fffffa, // b 1b
	}
	// guestClock watches the counter, and switches the machine off if it ever
	// goes back.
	guestClock = []uint32{
		0xd53be044, // mrs x4, cntvct_el0
		0xd53be041, // 1: mrs x1, cntvct_el0
		0xeb04003f, // cmp x1, x4
		0x54000063, // b.lo 2f
		0xaa0103e4, // mov x4, x1
		0x17fffffc, // b 1b
		0xd2800100, // 2: mov x0, #8
		0xf2b08000, // movk x0, #0x8400, lsl #16
		0xd4000002, // hvc #0
		0x14000000, // b .
	}
	// guestOnOff switches CPU 1 on 500 times, which switches itself off; then
	// it switches the machine off. If CPU 1 goes on behind its CPU_OFF it
	// resets the machine.
	guestOnOff = []uint32{
		0xd2800014, // mov x20, #0
		0xd2800060, // 1: mov x0, #3
		0xf2b88000, // movk x0, #0xc400, lsl #16
		0xd2800021, // mov x1, #1
		0x10000122, // adr x2, 2f
		0xd4000002, // hvc #0
		0xb5ffff60, // cbnz x0, 1b
		0x91000694, // add x20, x20, #1
		0xf107d29f, // cmp x20, #500
		0x54ffff03, // b.lo 1b
		0xd2800100, // mov x0, #8
		0xf2b08000, // movk x0, #0x8400, lsl #16
		0xd4000002, // hvc #0
		0xd2800040, // 2: mov x0, #2
		0xf2b08000, // movk x0, #0x8400, lsl #16
		0xd4000002, // hvc #0
		0xd2800120, // mov x0, #9
		0xf2b08000, // movk x0, #0x8400, lsl #16
		0xd4000002, // hvc #0
		0x14000000, // b .
	}
	// guestBadVectors has its vectors where nothing is: it faults for ever.
	guestBadVectors = []uint32{
		0xd2ae0000, // mov x0, #0x70000000
		0xd518c000, // msr vbar_el1, x0
		0x00000000, // udf #0
	}
)
