//go:build !unix

package main

// watchSignals does nothing: no signal stops a process here.
func (t *tty) watchSignals() (stop func()) { return func() {} }
