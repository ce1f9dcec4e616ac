//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifySize makes c receive a signal when the terminal's size changes.
func notifySize(c chan<- os.Signal) { signal.Notify(c, syscall.SIGWINCH) }
