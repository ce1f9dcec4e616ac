package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// preparing returns a context that ends at the first signal, or when -timeout is over, until stop is called.
func preparing(o options) (ctx context.Context, stop func()) {
	timed, cancel := context.Background(), func() {}
	if o.timeout > 0 {
		timed, cancel = context.WithTimeoutCause(timed, o.timeout, errTimeout)
	}
	ctx, stopSignals := signal.NotifyContext(timed, os.Interrupt, syscall.SIGTERM)
	return ctx, func() {
		stopSignals()
		cancel()
	}
}

// within returns what f returns, or the cause of ctx's end if that comes first. f then goes on until the process ends: it
// may wait for a pipe.
func within[T any](ctx context.Context, f func() (T, error)) (result T, err error) {
	done := make(chan struct{})
	var late T
	var lateErr error
	go func() {
		defer close(done)
		late, lateErr = f()
	}()
	select {
	case <-done:
		return late, lateErr
	case <-ctx.Done():
		return result, context.Cause(ctx)
	}
}

// failed returns the exit status and the error of a preparation that has failed, or was ended.
func failed(ctx context.Context, o options, err error) (int, error) {
	switch {
	case err == nil:
		return exitPowerOff, nil
	case context.Cause(ctx) == errTimeout:
		return exitTimeout, fmt.Errorf("after %v: %w, and the guest has not begun", o.timeout, errTimeout)
	case ctx.Err() != nil:
		return exitHostError, errors.New("ended by a signal, and the guest has not begun")
	}
	return exitHostError, err
}

// bootFiles are the files that the guest boots from.
type bootFiles struct {
	kernel  boot.File
	initrds []boot.File
	dtb     *boot.File
}

// findFiles turns paths into files and gets the parts of the default guest, with progress on stderr.
func findFiles(ctx context.Context, o options, stderr io.Writer) (f bootFiles, err error) {
	f.kernel = boot.File{Name: o.kernel}
	initrds := o.initrds
	if o.kernel == "" {
		if f.kernel, err = guest.Kernel(ctx, stderr); err != nil {
			return f, fmt.Errorf("%w; without Go or a network, name a kernel with -kernel and an initrd with -initrd", err)
		}
		if len(initrds) == 0 {
			initrds = []string{defaultInitrd}
		}
	}
	for _, path := range initrds {
		file := boot.File{Name: path}
		if path == defaultInitrd {
			if file, err = guest.Initramfs(ctx, stderr); err != nil {
				return f, err
			}
		}
		f.initrds = append(f.initrds, file)
	}
	if o.dtb != "" {
		f.dtb = &boot.File{Name: o.dtb}
	}
	return f, nil
}
