package pl011

import "github.com/miniboot-vmm/miniboot/mmio"

// Register offsets, DDI 0183 table 3-1.
const (
	uartDR    = 0x000
	uartRSR   = 0x004 // written: UARTECR
	uartFR    = 0x018
	uartILPR  = 0x020
	uartIBRD  = 0x024
	uartFBRD  = 0x028
	uartLCRH  = 0x02c
	uartCR    = 0x030
	uartIFLS  = 0x034
	uartIMSC  = 0x038
	uartRIS   = 0x03c
	uartMIS   = 0x040
	uartICR   = 0x044
	uartDMACR = 0x048
)

// table is DDI 0183 table 3-1. UARTDMACR is RAZ/WI here: there is no DMA
// controller. The modem inputs of UARTFR have no reset value; here the peer is
// always ready.
var table = append(mmio.RegisterTable{
	{Off: uartDR, Name: "UARTDR", Read: 0xfff, Write: 0xff},
	{Off: uartRSR, Name: "UARTRSR/UARTECR", Read: 0xf, Write: 0xff},
	{Off: uartFR, Name: "UARTFR", Read: 0x1ff, Reset: 0x97},
	{Off: uartILPR, Name: "UARTILPR", Read: 0xff, Write: 0xff},
	{Off: uartIBRD, Name: "UARTIBRD", Read: 0xffff, Write: 0xffff},
	{Off: uartFBRD, Name: "UARTFBRD", Read: 0x3f, Write: 0x3f},
	{Off: uartLCRH, Name: "UARTLCR_H", Read: 0xff, Write: 0xff},
	{Off: uartCR, Name: "UARTCR", Read: 0xff87, Write: 0xff87, Reset: 0x0300},
	{Off: uartIFLS, Name: "UARTIFLS", Read: 0x3f, Write: 0x3f, Reset: 0x12},
	{Off: uartIMSC, Name: "UARTIMSC", Read: 0x7ff, Write: 0x7ff},
	{Off: uartRIS, Name: "UARTRIS", Read: 0x7ff},
	{Off: uartMIS, Name: "UARTMIS", Read: 0x7ff},
	{Off: uartICR, Name: "UARTICR", Write: 0x7ff},
	{Off: uartDMACR, Name: "UARTDMACR"},
}, mmio.PrimeCellID(0x011, 3)...) // revision 3: r1p5, the one with FIFOs of 32

// character is an entry of the receive FIFO, as UARTDR shows it: 8 bits of data
// and four error flags (3.3.1). UARTRSR has the same flags, starting at bit 0.
type character uint16

const (
	charFE character = 1 << 8
	charPE character = 1 << 9
	charBE character = 1 << 10
	charOE character = 1 << 11

	charErrors  = charFE | charPE | charBE
	statusShift = 8
	statusOE    = uint16(charOE >> statusShift)
)

// flags are the bits of UARTFR, 3.3.3.
type flags uint16

const (
	flagCTS  flags = 1 << 0
	flagDSR  flags = 1 << 1
	flagDCD  flags = 1 << 2
	flagBUSY flags = 1 << 3
	flagRXFE flags = 1 << 4
	flagTXFF flags = 1 << 5
	flagRXFF flags = 1 << 6
	flagTXFE flags = 1 << 7
	flagRI   flags = 1 << 8
)

func (f flags) String() string {
	return mmio.BitNames(uint64(f), "CTS", "DSR", "DCD", "BUSY", "RXFE", "TXFF", "RXFF", "TXFE", "RI")
}

// lineControl is UARTLCR_H, 3.3.7.
type lineControl uint16

const (
	lineBRK  lineControl = 1 << 0
	lineFEN  lineControl = 1 << 4
	lineWLEN lineControl = 3 << 5 // both bits: 8 data bits
)

func (l lineControl) String() string {
	return mmio.BitNames(uint64(l), "BRK", "PEN", "EPS", "STP2", "FEN", "WLEN0", "WLEN1", "SPS")
}

// control is UARTCR, 3.3.8.
type control uint16

const (
	ctlUARTEN control = 1 << 0
	ctlLBE    control = 1 << 7
	ctlTXE    control = 1 << 8
	ctlRXE    control = 1 << 9
	ctlDTR    control = 1 << 10
	ctlRTS    control = 1 << 11
	ctlOut1   control = 1 << 12
	ctlOut2   control = 1 << 13
	ctlRTSEn  control = 1 << 14
	ctlCTSEn  control = 1 << 15
)

func (c control) String() string {
	return mmio.BitNames(uint64(c), "UARTEN", "SIREN", "SIRLP", "", "", "", "", "LBE",
		"TXE", "RXE", "DTR", "RTS", "Out1", "Out2", "RTSEn", "CTSEn")
}

// interrupts are the bits of UARTIMSC, UARTRIS, UARTMIS and UARTICR, 3.3.10.
type interrupts uint16

const (
	intRI  interrupts = 1 << 0
	intCTS interrupts = 1 << 1
	intDCD interrupts = 1 << 2
	intDSR interrupts = 1 << 3
	intRX  interrupts = 1 << 4
	intTX  interrupts = 1 << 5
	intRT  interrupts = 1 << 6
	intFE  interrupts = 1 << 7
	intPE  interrupts = 1 << 8
	intBE  interrupts = 1 << 9
	intOE  interrupts = 1 << 10

	intErrorShift = 7 // from an error flag of UARTRSR to its interrupt
)

func (i interrupts) String() string {
	return mmio.BitNames(uint64(i), "RI", "CTS", "DCD", "DSR", "RX", "TX", "RT", "FE", "PE", "BE", "OE")
}
