package pl031

import "github.com/miniboot-vmm/miniboot/mmio"

// Register offsets, DDI 0224 table 3-1.
const (
	rtcDR   = 0x000
	rtcMR   = 0x004
	rtcLR   = 0x008
	rtcCR   = 0x00c
	rtcIMSC = 0x010
	rtcRIS  = 0x014
	rtcMIS  = 0x018
	rtcICR  = 0x01c
)

// table is DDI 0224 table 3-1. All registers reset to zero except RTCDR, which
// resets to the host's time.
var table = append(mmio.RegisterTable{
	{Off: rtcDR, Name: "RTCDR", Read: 0xffff_ffff},
	{Off: rtcMR, Name: "RTCMR", Read: 0xffff_ffff, Write: 0xffff_ffff},
	{Off: rtcLR, Name: "RTCLR", Read: 0xffff_ffff, Write: 0xffff_ffff},
	{Off: rtcCR, Name: "RTCCR", Read: 1, Write: 1},
	{Off: rtcIMSC, Name: "RTCIMSC", Read: 1, Write: 1},
	{Off: rtcRIS, Name: "RTCRIS", Read: 1},
	{Off: rtcMIS, Name: "RTCMIS", Read: 1},
	{Off: rtcICR, Name: "RTCICR", Write: 1},
}, mmio.PrimeCellID(0x031, 0)...)
