// Package oracle runs short A64 instruction sequences on a CPU that somebody
// else wrote, so that tests can compare the software CPU with it: all general
// registers, flags, FPCR and FPSR, the SIMD registers and a block of memory.
//
// The other CPU is qemu-aarch64, QEMU's user-mode emulator, or the host itself
// on linux/arm64. A small static program, the monitor, runs there as a child
// process: it reads cases from its standard input, loads each case's state,
// branches into its code, and when the code ends or faults writes the state
// back. The program's words are in monitor.go; no binary and no compiler is
// needed.
//
// Beside it, the package holds what both sides of a comparison need: State,
// Case and Result, an encoding table by instruction class (Classes), generators
// of cases with corner-case operands (Generator), the comparison itself (Differ)
// with its tables of legitimate differences (Exclusions, Excuses), and recorded
// results (WriteVectors, ReadVectors) for machines without QEMU.
//
// Long runs, words of real boots, and recording:
//
//	go run ./softcpu/internal/oracle/cmd/difftest -class all -n 10000000 -seed 7
//	go run ./softcpu/internal/oracle/cmd/difftest -words boot.words
//	go test ./softcpu/internal/oracle -run Vectors -update -words boot.words
//	go test ./softcpu/internal/oracle -run Decode -decodewords 10000000
//
// Encodings follow the Arm Architecture Reference Manual, DDI 0487, chapter C4.
// User mode sees EL0 only: system registers, exceptions, address translation
// and PAN are beyond this oracle.
package oracle
