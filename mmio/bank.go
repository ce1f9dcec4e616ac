package mmio

import "sync/atomic"

// Bank makes a Device of a device's registers. The table says which accesses reach
// a register and which bits they carry; the device's two functions do what reading
// and writing a register does. A device embeds its bank.
type Bank struct {
	words []*Register // what an access to offset 0, 4 and so on reaches
	read  func(off uint64) uint64
	write func(off, v uint64)
	bad   atomic.Uint64
}

// NewBank returns the bank of a table. read and write are called with the offset
// that the guest used, for registers that are not Fixed. The result of read is
// masked by the register's Read; the value given to write is masked by its Write.
// Several vCPU goroutines may call both at once; they must not block.
func NewBank(table RegisterTable, read func(off uint64) uint64, write func(off, v uint64)) *Bank {
	return &Bank{words: table.words(), read: read, write: write}
}

// Read implements Device.
func (b *Bank) Read(a Access) uint64 {
	r := b.find(a)
	switch {
	case r == nil:
		return 0
	case r.Fixed:
		return r.Reset
	}
	return b.read(a.Off) & r.Read
}

// Write implements Device.
func (b *Bank) Write(a Access, v uint64) {
	if r := b.find(a); r != nil && !r.Fixed {
		b.write(a.Off, v&r.Write)
	}
}

// BadAccesses returns how many accesses have reached no register.
func (b *Bank) BadAccesses() uint64 { return b.bad.Load() }

// find returns the register that an access reaches. It returns nil if there is
// none, and counts that.
func (b *Bank) find(a Access) *Register {
	if i := a.Off / 4; i < uint64(len(b.words)) && a.reaches() {
		if r := b.words[i]; r != nil {
			return r
		}
	}
	b.bad.Add(1)
	return nil
}
