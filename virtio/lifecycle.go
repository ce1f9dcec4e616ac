package virtio

import "context"

// activation is a device at work.
type activation struct {
	queues   []*Queue
	cancel   context.CancelFunc
	done     chan struct{} // closed when Serve has returned
	stopping bool          // a reset is waiting for done; guarded by Transport.mu
}

// activateLocked starts the device with the queues that the driver has set up.
func (t *Transport) activateLocked() {
	ctx, cancel := context.WithCancel(context.Background())
	a := &activation{cancel: cancel, done: make(chan struct{})}
	for i := range t.queues {
		a.queues = append(a.queues, t.newQueueLocked(i))
	}
	t.active = a
	go t.serve(ctx, a, t.driverFeatures)
}

// serve runs the device; Reset waits for it.
func (t *Transport) serve(ctx context.Context, a *activation, features uint64) {
	defer close(a.done)
	if err := t.dev.Serve(ctx, features, a.queues); err != nil && ctx.Err() == nil {
		t.log.Warn("virtio: the device has failed and needs a reset", "err", err)
		t.needReset()
	}
}

// Reset stops the device, waits until it no longer uses the guest's memory, and gives
// every register its value after power on.
func (t *Transport) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.active; a != nil {
		t.stopLocked(a)
		t.mu.Unlock()
		<-a.done
		t.mu.Lock()
		if t.active != a {
			return // a concurrent Reset has finished the work
		}
		t.active = nil
	}
	t.clearLocked()
}

func (t *Transport) stopLocked(a *activation) {
	if a.stopping {
		return
	}
	a.stopping = true
	for _, q := range a.queues {
		q.stop()
	}
	a.cancel()
}

// clearLocked gives every register its reset value.
func (t *Transport) clearLocked() {
	t.status, t.interrupt = 0, 0
	t.deviceFeaturesSel, t.driverFeaturesSel, t.driverFeatures = 0, 0, 0
	t.queueSel, t.shmSel = 0, 0
	for i, q := range t.queues {
		t.queues[i] = queueRegisters{max: q.max}
	}
	t.config.restore()
	t.line.Set(false)
}

// Close stops the device for good. Unlike a reset it lets the device finish: chains
// that the driver has made available can still be taken, because a guest's last words
// often come right before it powers off. Closing the Device itself is up to whoever
// made it.
func (t *Transport) Close() error {
	t.mu.Lock()
	a := t.active
	t.mu.Unlock()
	if a != nil {
		a.cancel()
		<-a.done
	}
	t.Reset()
	t.config.onChange(nil)
	return nil
}

// needReset sets DEVICE_NEEDS_RESET. The caller has logged why: whoever sees the
// status finds the line.
func (t *Transport) needReset() {
	t.mu.Lock()
	t.status |= StatusNeedsReset
	t.mu.Unlock()
	t.raise(interruptConfig, StatusDriverOK)
}
