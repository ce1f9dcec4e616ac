// Bootwords collects the distinct instruction words of a real boot, from the
// log that QEMU writes with -d in_asm, for difftest -words:
//
//	qemu-system-aarch64 -M virt -cpu cortex-a57 ... -d in_asm -D boot.log
//	go run ./softcpu/internal/oracle/cmd/bootwords <boot.log >boot.words
//
// It prints the words in hexadecimal, sorted, one per line.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	words, err := collect(os.Stdin)
	if err == nil {
		err = write(os.Stdout, words)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bootwords:", err)
		os.Exit(1)
	}
}

// collect reads lines such as
//
//	0x40000008:  aa1f03e2  mov      x2, xzr
//
// and skips all others.
func collect(r io.Reader) ([]uint32, error) {
	seen := map[uint32]bool{}
	s := bufio.NewScanner(r)
	for s.Scan() {
		f := strings.Fields(s.Text())
		if len(f) < 2 || !strings.HasPrefix(f[0], "0x") || len(f[1]) != 8 {
			continue
		}
		if w, err := strconv.ParseUint(f[1], 16, 32); err == nil {
			seen[uint32(w)] = true
		}
	}
	words := make([]uint32, 0, len(seen))
	for w := range seen {
		words = append(words, w)
	}
	slices.Sort(words)
	return words, s.Err()
}

func write(w io.Writer, words []uint32) error {
	b := bufio.NewWriter(w)
	for _, v := range words {
		fmt.Fprintf(b, "%08x\n", v)
	}
	return b.Flush()
}
