package mmio

// Access says which register a guest touched and how.
type Access struct {
	CPU  int    // index of the vCPU, for registers that are banked per CPU
	Off  uint64 // bytes from the start of the device's region
	Size int    // bytes: 1, 2, 4 or 8
}

// Device is a bank of registers.
//
// Neither method can fail: where the device implements no register, reads return
// zero and writes are ignored. Several vCPU goroutines may call both at once; they
// must not block. A read returns the value in the low Size bytes, and the bus
// clears the rest.
type Device interface {
	Read(a Access) uint64
	Write(a Access, v uint64)
}

// Line is a level-sensitive input of an interrupt controller. Set is idempotent,
// never blocks, and may be called from any goroutine.
type Line interface {
	Set(high bool)
}

// LineFunc makes a function a Line.
type LineFunc func(high bool)

// Set calls f.
func (f LineFunc) Set(high bool) { f(high) }

// Connected returns l; if l is nil, it returns a line that leads nowhere.
func Connected(l Line) Line {
	if l == nil {
		return LineFunc(func(bool) {})
	}
	return l
}

// Mask returns the bits that an access of size bytes carries.
func Mask(size int) uint64 {
	if size >= 8 {
		return ^uint64(0)
	}
	return 1<<(8*uint(size)) - 1
}
