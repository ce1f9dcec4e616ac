// Package pl011 is the Arm PrimeCell UART (PL011) of DDI 0183, revision r1p5,
// as a guest's console.
//
// Implemented: all registers; both FIFOs, 32 deep, and the mode without them;
// every interrupt with its mask and FIFO level; receive timeout; errors,
// overrun and break; loopback; hardware flow control and modem lines, as far
// as loopback shows them; identification registers.
//
// Missing: DMA (UARTDMACR is RAZ/WI); IrDA (UARTILPR and SIREN are stored and
// have no effect); the test registers at 0x080. Baud rate, parity and word length
// are stored and have no effect: characters have 8 bits and take no time.
//
// # Output
//
// A character goes from the transmit FIFO to a bounded buffer, the wire, and Run
// empties the wire into an io.Writer. A vCPU never waits for that writer. If the
// writer is slow, the wire fills, then the FIFO, and TXFF tells the guest to wait.
// So a guest that checks TXFF loses nothing, and no guest can make the host's
// memory grow.
//
// Characters leave at once, so the FIFO passes its level whenever something is
// sent. The transmit interrupt is therefore raised each time that characters leave
// the FIFO and it then holds no more than its level. It is cleared by filling the
// FIFO above its level, or through UARTICR.
//
// # Input
//
// Receive accepts what the receiver has room for. Feed waits for room, and for a
// guest that listens, so that input typed before the driver starts is kept. A guest
// listens by its receive interrupts, or by reading UARTFR again and again while
// nothing waits to be sent: else it may wait for that. Linux enables the interrupts
// a moment before it empties the FIFO, so at a driver's start they count after 50 ms.
//
// The receive timeout's 32 bit periods are over at the end of each Receive: RT is
// raised if characters are in the FIFO then, and again if the guest leaves some
// there after a read. So a driver that uses the FIFO and its levels, such as
// Linux's amba-pl011, sees a single key press at once.
//
// # Threats
//
// A guest can write any register with any size in any order. Memory is fixed (two
// FIFOs of 32 characters, a wire of 4 KiB). No access blocks, allocates or logs.
// Accesses that reach no register are counted.
package pl011
