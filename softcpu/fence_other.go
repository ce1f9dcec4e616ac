//go:build !arm64

package softcpu

import "runtime"

// order orders guest accesses before it against those after it. On amd64 only a load
// may pass an earlier store, and the weaker barriers allow that. For the others, an
// atomic operation on a word of our own is the fence.
func (c *cpu) order(crm uint64) {
	if runtime.GOARCH != "amd64" || crm&barrierTypes == barrierAll {
		c.attention.Or(0)
	}
}
