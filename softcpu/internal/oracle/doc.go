// Package oracle runs short A64 instruction sequences on a CPU that somebody else wrote, so
// that tests can compare the software CPU with it. They compare all general registers, flags,
// FPCR and FPSR, the SIMD registers and a block of memory.
//
// The other CPU is qemu-aarch64, QEMU's user-mode emulator, or the host itself on
// linux/arm64. A small static program, the monitor, runs there as a child process. It reads
// cases from its standard input, loads each case's state, and branches into its code. When
// the code ends or faults, it writes the state back. The program's words are in monitor.go,
// so no binary and no compiler is needed.
//
// The package also has what both sides of a comparison need: State, Case and Result, an
// encoding table by instruction class (Classes), generators of cases with corner-case
// operands (Generator), the comparison itself (Differ) with its tables of legitimate
// differences (Exclusions, Excuses), and recorded results (WriteVectors, ReadVectors) for
// machines without QEMU.
//
// Long runs, words of real boots, and recording:
//
//	go run ./softcpu/internal/oracle/cmd/difftest -class all -n 10000000 -seed 7
//	go run ./softcpu/internal/oracle/cmd/difftest -words boot.words
//	go test ./softcpu/internal/oracle -run Vectors -update -words boot.words
//	go test ./softcpu/internal/oracle -run Decode -decodewords 10000000
//
// Encodings follow the Arm Architecture Reference Manual, DDI 0487, chapter C4. User mode
// runs at EL0 only, so this oracle cannot test the system registers of EL1, exceptions,
// address translation and PAN.
package oracle
