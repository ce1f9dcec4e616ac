package virtio

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// Config is a device's configuration space (2.5). The driver can read all of it, and
// write the fields that were passed to Writable. Its methods may be called from any
// goroutine.
type Config struct {
	mu         sync.Mutex // a leaf: no other lock is taken while it is held
	bytes      []byte
	reset      []byte // the bytes of the fields after a reset
	fields     []configField
	generation uint32
	changed    func() // set by the transport
}

type configField struct {
	off, size int
	written   func(v uint64)
}

// NewConfig returns a configuration space that starts as a copy of b.
func NewConfig(b []byte) *Config {
	return &Config{bytes: slices.Clone(b), reset: slices.Clone(b)}
}

// Writable lets the driver write a field of 1, 2, 4 or 8 bytes, in one access. If
// written is not nil, it is called with the new value on the vCPU's goroutine, with
// no lock held; it must not block. A reset of the device restores the field's first
// value without a call of written. Call Writable before the device is used.
func (c *Config) Writable(off, size int, written func(v uint64)) {
	if off < 0 || size < 1 || size > 8 || off+size > len(c.bytes) {
		panic(fmt.Sprintf("virtio: writable field of %d bytes at 0x%x in a configuration space of 0x%x", size, off, len(c.bytes)))
	}
	c.fields = append(c.fields, configField{off, size, written})
}

// Update lets f change the bytes. For the driver the change is one step: it sees
// either nothing of it or another generation. The driver gets an interrupt. f must
// not call other methods.
func (c *Config) Update(f func(b []byte)) {
	c.mu.Lock()
	f(c.bytes)
	c.generation++
	changed := c.changed
	c.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// View lets f read the bytes.
func (c *Config) View(f func(b []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.bytes)
}

// read returns size bytes at off; bytes after the end are zero.
func (c *Config) read(off uint64, size int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if off >= uint64(len(c.bytes)) {
		return 0
	}
	var v [8]byte
	copy(v[:size], c.bytes[off:])
	return binary.LittleEndian.Uint64(v[:])
}

// write writes a field. It returns false if no writable field has this off and size.
func (c *Config) write(off uint64, size int, v uint64) bool {
	i := slices.IndexFunc(c.fields, func(f configField) bool { return uint64(f.off) == off && f.size == size })
	if i < 0 {
		return false
	}
	f := c.fields[i]
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	c.mu.Lock()
	copy(c.bytes[f.off:f.off+f.size], b[:])
	c.mu.Unlock()
	if f.written != nil {
		f.written(v)
	}
	return true
}

// restore gives the writable fields their first values.
func (c *Config) restore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.fields {
		copy(c.bytes[f.off:f.off+f.size], c.reset[f.off:])
	}
}

func (c *Config) currentGeneration() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

// onChange makes each Update call f when it is done.
func (c *Config) onChange(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = f
}
