package virtio

import "github.com/miniboot-vmm/miniboot/mmio"

// Offsets of the registers (4.2.2).
const (
	RegMagicValue        = 0x000
	RegVersion           = 0x004
	RegDeviceID          = 0x008
	RegVendorID          = 0x00c
	RegDeviceFeatures    = 0x010
	RegDeviceFeaturesSel = 0x014
	RegDriverFeatures    = 0x020
	RegDriverFeaturesSel = 0x024
	RegQueueSel          = 0x030
	RegQueueSizeMax      = 0x034
	RegQueueSize         = 0x038
	RegQueueReady        = 0x044
	RegQueueNotify       = 0x050
	RegInterruptStatus   = 0x060
	RegInterruptACK      = 0x064
	RegStatus            = 0x070
	RegQueueDescLow      = 0x080
	RegQueueDescHigh     = 0x084
	RegQueueDriverLow    = 0x090
	RegQueueDriverHigh   = 0x094
	RegQueueDeviceLow    = 0x0a0
	RegQueueDeviceHigh   = 0x0a4
	RegSHMSel            = 0x0ac
	RegSHMLenLow         = 0x0b0
	RegSHMLenHigh        = 0x0b4
	RegSHMBaseLow        = 0x0b8
	RegSHMBaseHigh       = 0x0bc
	RegQueueReset        = 0x0c0
	RegConfigGeneration  = 0x0fc
	RegConfig            = 0x100 // the configuration space starts here
)

// Size of the registers and the configuration space, in bytes.
const Size = 0x1000

const (
	magicValue = 0x74726976 // "virt"
	version    = 2
	vendorID   = 0x74_6f_6f_62 // "boot"
)

const all = 0xffff_ffff

var table = mmio.RegisterTable{
	{Off: RegMagicValue, Name: "MagicValue", Read: all, Reset: magicValue},
	{Off: RegVersion, Name: "Version", Read: all, Reset: version},
	{Off: RegDeviceID, Name: "DeviceID", Read: all},
	{Off: RegVendorID, Name: "VendorID", Read: all, Reset: vendorID},
	{Off: RegDeviceFeatures, Name: "DeviceFeatures", Read: all},
	{Off: RegDeviceFeaturesSel, Name: "DeviceFeaturesSel", Write: all},
	{Off: RegDriverFeatures, Name: "DriverFeatures", Write: all},
	{Off: RegDriverFeaturesSel, Name: "DriverFeaturesSel", Write: all},
	{Off: RegQueueSel, Name: "QueueSel", Write: all},
	{Off: RegQueueSizeMax, Name: "QueueSizeMax", Read: all},
	{Off: RegQueueSize, Name: "QueueSize", Write: all},
	{Off: RegQueueReady, Name: "QueueReady", Read: 1, Write: 1},
	{Off: RegQueueNotify, Name: "QueueNotify", Write: all},
	{Off: RegInterruptStatus, Name: "InterruptStatus", Read: interruptUsed | interruptConfig},
	{Off: RegInterruptACK, Name: "InterruptACK", Write: interruptUsed | interruptConfig},
	{Off: RegStatus, Name: "Status", Read: 0xff, Write: 0xff},
	{Off: RegQueueDescLow, Name: "QueueDescLow", Write: all},
	{Off: RegQueueDescHigh, Name: "QueueDescHigh", Write: all},
	{Off: RegQueueDriverLow, Name: "QueueDriverLow", Write: all},
	{Off: RegQueueDriverHigh, Name: "QueueDriverHigh", Write: all},
	{Off: RegQueueDeviceLow, Name: "QueueDeviceLow", Write: all},
	{Off: RegQueueDeviceHigh, Name: "QueueDeviceHigh", Write: all},
	{Off: RegSHMSel, Name: "SHMSel", Write: all},
	{Off: RegSHMLenLow, Name: "SHMLenLow", Read: all},
	{Off: RegSHMLenHigh, Name: "SHMLenHigh", Read: all},
	{Off: RegSHMBaseLow, Name: "SHMBaseLow", Read: all},
	{Off: RegSHMBaseHigh, Name: "SHMBaseHigh", Read: all},
	{Off: RegQueueReset, Name: "QueueReset"},
	{Off: RegConfigGeneration, Name: "ConfigGeneration", Read: all},
}

// find returns the register that an access reaches, or nil. The access must be
// aligned and have 32 bits (4.2.2.2).
func find(a mmio.Access) *mmio.Register {
	if a.Size != 4 {
		return nil
	}
	return table.Find(a)
}

// Bits of InterruptStatus and InterruptACK.
const (
	interruptUsed   = 1 << 0 // a buffer was used
	interruptConfig = 1 << 1 // the configuration or DEVICE_NEEDS_RESET changed
)

// setLow and setHigh replace one half of an address.
func setLow(addr *uint64, v uint64)  { *addr = *addr&^all | v&all }
func setHigh(addr *uint64, v uint64) { *addr = *addr&all | v<<32 }

// half returns the half of a 64-bit feature set that a Sel register selects. It
// returns 0 for a half that does not exist.
func half(v uint64, sel uint32) uint64 {
	if sel > 1 {
		return 0
	}
	return v >> (32 * sel) & all
}
