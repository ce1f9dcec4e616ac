// Exits is the carrier of a guest without a kernel: the linker keeps the function guest and its symbol, from which the
// command beside makes an Image (exits.go). The program itself runs nowhere.
package main

func guest()

func main() { guest() }
