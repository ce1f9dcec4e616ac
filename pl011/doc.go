// Package pl011 is the Arm PrimeCell UART (PL011) of DDI 0183, revision r1p5,
// as a guest's console.
//
// Implemented: all registers; both FIFOs, 32 deep, and the mode without them;
// every interrupt with its mask and FIFO level; receive timeout; errors,
// overrun and break; loopback; hardware flow control and modem lines, as far
// as loopback shows them; identification registers.
//
// Missing: DMA (UARTDMACR is RAZ/WI); IrDA (UARTILPR and SIREN are stored and
// have no effect); the test registers at 0x080; baud rate, parity and word
// length, which are stored: characters have 8 bits and take no time.
//
// # Output
//
// A character goes from the transmit FIFO to a bounded buffer, the wire, which
// Run empties into an io.Writer. Nothing on a vCPU's path waits for that
// writer. If it is slow the wire fills, then the FIFO, and TXFF tells the
// guest to wait; so a guest that looks at TXFF loses nothing, and none can
// make the host's memory grow.
//
// Because characters leave in no time, the FIFO passes its level whenever
// something is sent. The transmit interrupt is therefore raised each time that
// characters leave the FIFO and it holds no more than its level, and cleared
// by filling it above the level or through UARTICR.
//
// # Input
//
// Receive takes what the receiver has room for; Feed waits for room, and for a
// guest that listens: what is typed before its driver starts is kept for it. The
// receive timeout's 32 bit periods are over at the end of each Receive: RT is
// raised whenever characters are left in the FIFO then, and again when the
// guest leaves some there after a read. So a driver that uses the FIFO and its
// levels, such as Linux's amba-pl011, sees a single key press at once.
//
// # Threats
//
// A guest can write any register at any size in any order. Memory is fixed
// (two FIFOs of 32, a wire of 4 KiB), no access blocks, allocates or logs, and
// accesses that reach no register are counted.
package pl011
