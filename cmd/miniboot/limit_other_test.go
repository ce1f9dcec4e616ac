//go:build !linux

package main

func limit(string) {}
