package hvf

import (
	"sync"
	"sync/atomic"
)

// kick is how other goroutines make a vCPU leave the guest.
//
// The framework's own request may be swallowed by an exit that happens at the
// same time, so each is posted to a flag first, which the owner looks at before
// it enters the guest. Poster and owner each write their flag before they read
// the other's: either the owner sees the post, or the poster sees the owner
// inside and asks the framework, which remembers if the owner is not quite
// there yet.
type kick struct {
	raw    *RawVCPU
	posted atomic.Bool
	inside atomic.Bool // the owner is in Run

	mu     sync.Mutex // no request is made of a vCPU that is being destroyed
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

// request gets the owner out of the guest for a look around, which is no kick.
// Any goroutine may call it.
func (k *kick) request() {
	if !k.inside.Load() {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	// It fails for an id that does not exist, and this one does.
	_ = k.raw.fw.call(k.f, fnVCPUsExit, k.f.idsArg(k.ids), uintptr(len(k.ids)))
}

// enter and leave enclose the owner's Run.
func (k *kick) enter() { k.inside.Store(true) }
func (k *kick) leave() { k.inside.Store(false) }

// take says whether a kick was posted, and forgets it.
func (k *kick) take() bool { return k.posted.Load() && k.posted.Swap(false) }

// close makes later kicks do nothing. It returns false if it was closed before.
func (k *kick) close() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.closed
	k.closed = true
	return !was
}
