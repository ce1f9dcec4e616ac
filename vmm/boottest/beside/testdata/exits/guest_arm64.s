#include "textflag.h"

// The guest runs at EL1 with all interrupts masked: WFI ends when one is pending, and what acknowledges it is the code
// behind, so there are no vectors. It prints hexadecimal numbers, a line each: first CNTFRQ_EL0, then what the table
// exitRows has, mostly ticks of CNTVCT_EL0 for a loop; then it powers off.
//
//	R19  address of the image, from the header's first instruction
//	R20  number of this CPU
//	R21  its redistributor's SGI frame
//	R26  UART
//	R22, R23, R24  what is left of a loop, when it started, the number to print
//
// The parameters are behind the header of 64 bytes; exits.go has them as a struct.
#define PARAM_UART 64
#define PARAM_GICD 72
#define PARAM_GICR 80
#define PARAM_EXITS 88
#define PARAM_LOOPS 96
#define PARAM_IPIS 104
#define PARAM_TIMERS 112

// Offsets from R19 of memory behind the code.
#define TABLE 0x1000
#define SCRATCH 0x2000

// Offsets in the GIC (IHI 0069, 12.9 to 12.11) and the UART (DDI 0183, 3.2).
#define GICD_CTLR 0x0
#define GICR_WAKER 0x14
#define GICR_SGI_FRAME 0x10000
#define GICR_IGROUPR0 0x80
#define GICR_ISENABLER0 0x100
#define UARTFR 0x18
#define UARTCR 0x30

// Function numbers of PSCI (DEN 0022, 5).
#define PSCI_VERSION 0x84000000
#define SYSTEM_OFF 0x84000008
#define CPU_ON 0xc4000003

#define TIMER_PPI 27
#define SPURIOUS 1023

TEXT ·guest(SB), NOSPLIT|NOFRAME, $0
	MRS	MPIDR_EL1, R0
	AND	$0xff, R0, R20
	MOVD	PARAM_UART(R19), R26

	// One table of 1 GiB blocks, each at its own address: the image's is Normal memory, the UART's and GIC's is Device.
	MOVD	$TABLE, R1
	ADD	R19, R1, R1
	LSR	$30, R19, R2
	LSL	$30, R2, R3
	ORR	$(1<<10|3<<8|1), R3, R3 // AF, inner shareable, attribute 0
	MOVD	R3, (R1)(R2<<3)
	LSR	$30, R26, R2
	LSL	$30, R2, R3
	ORR	$(1<<10|1<<2|1), R3, R3 // AF, attribute 1
	MOVD	R3, (R1)(R2<<3)
	MOVD	$0xff, R0
	MSR	R0, MAIR_EL1
	MOVD	$(25|1<<8|1<<10|3<<12|1<<23), R0 // T0SZ 25, write-back, inner shareable, EPD1
	MSR	R0, TCR_EL1
	MSR	R1, TTBR0_EL1
	DSB	$15
	ISB	$15
	MRS	SCTLR_EL1, R0
	MOVD	$(1<<12|1<<2|1), R1 // I, C, M
	ORR	R1, R0, R0
	MSR	R0, SCTLR_EL1
	ISB	$15

	// This CPU's interface: system registers, all priorities, group 1.
	MRS	ICC_SRE_EL1, R0
	ORR	$1, R0, R0
	MSR	R0, ICC_SRE_EL1
	ISB	$15
	MOVD	$0xff, R0
	MSR	R0, ICC_PMR_EL1
	MOVD	$1, R0
	MSR	R0, ICC_IGRPEN1_EL1
	ISB	$15

	// Its redistributor: awake, SGI 0 and the virtual timer enabled in group 1.
	MOVD	PARAM_GICR(R19), R21
	ADD	R20<<17, R21, R21
	MOVWU	GICR_WAKER(R21), R0
	AND	$~2, R0, R0 // ProcessorSleep
	MOVW	R0, GICR_WAKER(R21)
waking:
	MOVWU	GICR_WAKER(R21), R0
	TBNZ	$2, R0, waking // ChildrenAsleep
	MOVD	$GICR_SGI_FRAME, R0
	ADD	R0, R21, R21
	MOVD	$-1, R0
	MOVW	R0, GICR_IGROUPR0(R21)
	MOVD	$(1<<TIMER_PPI|1), R0
	MOVW	R0, GICR_ISENABLER0(R21)
	CBNZ	R20, answer

	MOVD	PARAM_GICD(R19), R1
	MOVD	$(1<<4|1<<1), R0 // ARE, EnableGrp1
	MOVW	R0, GICD_CTLR(R1)
	MOVD	$(1<<9|1<<8|1), R0 // RXE, TXE, UARTEN
	MOVW	R0, UARTCR(R26)
	MRS	CNTFRQ_EL0, R24
	BL	print

	BL	start
hypercall:
	MOVD	$PSCI_VERSION, R0
	HVC	$0
	SUBS	$1, R22, R22
	BNE	hypercall
	BL	stop

	BL	start
uart:
	MOVWU	UARTFR(R26), R0
	SUBS	$1, R22, R22
	BNE	uart
	BL	stop

	BL	start
interrupt:
	MOVD	$1, R1 // SGI 0 to CPU 0
	MSR	R1, ICC_SGI1R_EL1
	ISB	$15
acknowledge:
	MRS	ICC_IAR1_EL1, R0
	CMP	$SPURIOUS, R0
	BEQ	acknowledge
	MSR	R0, ICC_EOIR1_EL1
	SUBS	$1, R22, R22
	BNE	interrupt
	BL	stop

	BL	start
	MOVD	PARAM_GICD(R19), R1
distributor:
	MOVWU	GICD_CTLR(R1), R0
	SUBS	$1, R22, R22
	BNE	distributor
	BL	stop

	// The tight loop: seven instructions, two memory accesses.
	BL	start
	MOVD	PARAM_LOOPS(R19), R6
	MOVD	$SCRATCH, R2
	ADD	R19, R2, R2
	MOVD	$0, R4
loop:
	MOVD	(R2), R1
	ADD	R1, R3, R3
	MOVD	R3, 8(R2)
	ADD	$1, R4, R4
	ADD	$8, R5, R5
	CMP	R6, R4
	BNE	loop
	BL	stop

	// An SGI to CPU 1 and one back. It says that it is there by the first.
	MOVD	$CPU_ON, R0
	MOVD	$1, R1
	MOVD	R19, R2
	MOVD	$0, R3
	HVC	$0
	BL	wait
	MSR	R0, ICC_EOIR1_EL1
	BL	start
	MOVD	PARAM_IPIS(R19), R22
ipi:
	MOVD	$2, R1 // SGI 0 to CPU 1
	MSR	R1, ICC_SGI1R_EL1
	BL	wait
	MSR	R0, ICC_EOIR1_EL1
	SUBS	$1, R22, R22
	BNE	ipi
	BL	stop

	// Timers of 10 ms: the sum of the lateness, and the worst.
	MOVD	PARAM_TIMERS(R19), R22
	MRS	CNTFRQ_EL0, R1
	MOVD	$100, R2
	UDIV	R2, R1, R1
	MOVD	$0, R24
	MOVD	$0, R25
timer:
	ISB	$15
	MRS	CNTVCT_EL0, R23
	ADD	R1, R23, R23
	MSR	R23, CNTV_CVAL_EL0
	MOVD	$1, R0 // ENABLE
	MSR	R0, CNTV_CTL_EL0
	BL	wait
	MRS	CNTVCT_EL0, R2
	SUB	R23, R2, R2
	ADD	R2, R24, R24
	CMP	R2, R25
	CSEL	HI, R25, R2, R25
	MSR	ZR, CNTV_CTL_EL0
	ISB	$15
	MSR	R0, ICC_EOIR1_EL1
	SUBS	$1, R22, R22
	BNE	timer
	MOVD	R25, R23
	BL	print
	MOVD	R23, R24
	BL	print

	MOVD	$SYSTEM_OFF, R0
	HVC	$0
off:
	B	off

// answer is CPU 1: it sends SGI 0 to CPU 0 for each that it gets.
answer:
	MOVD	$1, R1
	MSR	R1, ICC_SGI1R_EL1
	BL	wait
	MSR	R0, ICC_EOIR1_EL1
	B	answer

// wait sleeps until there is an interrupt and acknowledges it. Its number is in R0.
wait:
	WFI
	MRS	ICC_IAR1_EL1, R0
	CMP	$SPURIOUS, R0
	BEQ	wait
	RET

// start starts a loop of PARAM_EXITS rounds.
start:
	MOVD	PARAM_EXITS(R19), R22
	ISB	$15
	MRS	CNTVCT_EL0, R23
	RET

// stop prints the ticks since start.
stop:
	ISB	$15
	MRS	CNTVCT_EL0, R24
	SUB	R23, R24, R24

// print prints R24 and a new line.
print:
	MOVD	$60, R5
digit:
	LSR	R5, R24, R4
	AND	$15, R4, R4
	ADD	$48, R4, R4 // '0'
	CMP	$58, R4
	BLO	send
	ADD	$39, R4, R4 // 'a' is 10
send:
	MOVWU	UARTFR(R26), R0
	TBNZ	$5, R0, send // TXFF
	MOVW	R4, (R26)
	CMP	$10, R4
	BEQ	printed
	MOVD	$10, R4 // '\n'
	SUBS	$4, R5, R5
	BMI	send
	B	digit
printed:
	RET
