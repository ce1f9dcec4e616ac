//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifySize has c receive when the terminal's size changes.
func notifySize(c chan<- os.Signal) { signal.Notify(c, syscall.SIGWINCH) }
