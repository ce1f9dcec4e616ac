package hostmem

import "unsafe"

// Whole returns what of a part of a bank consists of whole pages of a size, which is a
// power of two, by their addresses on the host.
//
// unsafe: only the part's address is used, to find where its pages start.
func Whole(part []byte, page uint64) []byte {
	skip := -uint64(uintptr(unsafe.Pointer(unsafe.SliceData(part)))) & (page - 1)
	if skip >= uint64(len(part)) {
		return nil
	}
	part = part[skip:]
	return part[:uint64(len(part))&^(page-1)]
}

// Address returns the guest physical address of a part of a bank, which is not empty.
//
// unsafe: addresses are only compared.
func (r RAM) Address(part []byte) (gpa uint64, ok bool) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	for _, bank := range r {
		off := uint64(at - uintptr(unsafe.Pointer(unsafe.SliceData(bank.Mem))))
		if n := uint64(len(bank.Mem)); off < n && uint64(len(part)) <= n-off {
			return bank.Base + off, true
		}
	}
	return 0, false
}
