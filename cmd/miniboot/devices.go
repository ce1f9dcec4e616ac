package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// devices are the virtio devices of a machine, in the order of their slots.
type devices struct {
	virtio  []virtio.Device
	disks   []*blk.Device
	console *consolePort // nil: none
	closers              // of what the devices hold open; called when no machine uses them any more
}

// closers are closed together, the last one first.
type closers []io.Closer

// Close implements io.Closer.
func (c closers) Close() error {
	var errs []error
	for i := len(c) - 1; i >= 0; i-- {
		errs = append(errs, c[i].Close())
	}
	return errors.Join(errs...)
}

// openDevices makes the devices that the flags name, and those that every machine has. log gets later failures.
func openDevices(o options, stdout io.Writer, log *slog.Logger) (d *devices, err error) {
	d = &devices{}
	for _, disk := range o.disks {
		file, dev, err := disk.open(o.cpus, log)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.disks = append(d.disks, dev)
		d.virtio = append(d.virtio, dev)
		d.closers = append(d.closers, file)
	}
	for _, n := range o.nets {
		dev, closer, err := n.open(log)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.virtio = append(d.virtio, dev)
		d.closers = append(d.closers, closer)
	}
	d.virtio = append(d.virtio, rng.New(rng.Config{}), balloon.New())
	if o.console.kind != consoleNone {
		p, err := o.console.open(stdout, log)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.console = p
		d.virtio = append(d.virtio, p.dev)
		d.closers = append(d.closers, p.closer)
	}
	for _, share := range o.shares {
		dir, dev, err := share.open(o.cpus, log)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.virtio = append(d.virtio, dev)
		d.closers = append(d.closers, dir)
	}
	if len(o.shares) > 0 && o.kernel == "" {
		log.Warn(noDriver)
	}
	if o.vsock != nil {
		config := *o.vsock
		config.Log = log
		dev, err := vsock.New(config)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("-vsock %s: %w", o.vsock.Path, err), d.Close())
		}
		d.virtio = append(d.virtio, dev)
		d.closers = append(d.closers, dev)
	}
	return d, nil
}

// watch looks after the devices until stop is called.
func (d *devices) watch() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	if len(d.disks) > 0 {
		wg.Go(func() { watchSizes(ctx, d.disks) })
	}
	if d.console != nil {
		wg.Go(func() { d.console.run(ctx) })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}
