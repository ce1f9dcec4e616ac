//go:build !unix

package main

import "os"

func notifySize(chan<- os.Signal) {}
