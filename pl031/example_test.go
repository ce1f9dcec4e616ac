package pl031_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/pl031"
)

// RTCDR, the register at offset 0, counts seconds; it is set by RTCLR.
func Example() {
	rtc := pl031.New(pl031.Config{})
	defer rtc.Close()
	const rtcDR, rtcLR = 0x000, 0x008
	rtc.Write(mmio.Access{Off: rtcLR, Size: 4}, 1_000_000)
	fmt.Println(rtc.Read(mmio.Access{Off: rtcDR, Size: 4}) >= 1_000_000)
	// Output: true
}
