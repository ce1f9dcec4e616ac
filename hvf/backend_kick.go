package hvf

import (
	"sync"
	"sync/atomic"
)

// kick lets other goroutines make a vCPU leave the guest.
//
// An exit that happens at the same time may swallow the framework's own request.
// So each kick sets the flag posted first, and the owner looks at it before it
// enters the guest. Poster and owner each write their own flag before they read
// the other's. Either the owner sees posted, or the poster sees inside and makes
// the framework's request. The framework remembers the request if the owner is not
// in the guest yet.
type kick struct {
	raw    *RawVCPU
	posted atomic.Bool
	inside atomic.Bool // the owner is in Run

	mu     sync.Mutex // guards what follows: no request may meet the vCPU's destruction
	closed bool
	f      *frame
	ids    []uint64
}

func (k *kick) init(raw *RawVCPU) {
	k.raw, k.f, k.ids = raw, new(frame), []uint64{raw.ID()}
}

// post kicks. Any goroutine may call it.
func (k *kick) post() {
	k.posted.Store(true)
	k.request()
}

// request makes the owner leave the guest and look at its flags. Without post it
// is no kick: Run enters the guest again. Any goroutine may call it.
func (k *kick) request() {
	if !k.inside.Load() {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	// The call fails only for an id that does not exist, and this one exists.
	_ = k.raw.fw.call(k.f, fnVCPUsExit, k.f.idsArg(k.ids), uintptr(len(k.ids)))
}

// enter and leave enclose the owner's Run.
func (k *kick) enter() { k.inside.Store(true) }
func (k *kick) leave() { k.inside.Store(false) }

// take says whether a kick was posted, and clears it.
func (k *kick) take() bool { return k.posted.Load() && k.posted.Swap(false) }

// close makes later kicks do nothing. It returns false if k was closed already.
func (k *kick) close() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.closed
	k.closed = true
	return !was
}
