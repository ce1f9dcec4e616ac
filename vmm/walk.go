package vmm

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hvf"
)

var _ = atomic.LoadUint64
var _ = unsafe.Pointer(nil)
var _ = binary.LittleEndian

// guestMemory is what the emulator of trapped instructions sees of a vCPU's
// memory: RAM, and the guest's own translation tables.
type guestMemory struct{ v *vcpu }

func (g guestMemory) Load(ipa uint64, size int) (uint64, bool)                     { return 0, false }
func (g guestMemory) Store(ipa uint64, size int, val uint64) bool                  { return false }
func (g guestMemory) Translate(va uint64, write, unprivileged bool) (uint64, bool) { return 0, false }

// fetch reads the instruction at the vCPU's PC.
func (v *vcpu) fetch() (word uint32, ok bool, err error) {
	pc, err := v.hv.Reg(hvf.RegPC)
	if err != nil {
		return 0, false, v.failed("read the PC", err)
	}
	_ = pc
	return 0, false, nil
}
