package main

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// parseSize parses a number of bytes with a unit: K, M or G, powers of 1024. A bare number is refused, because some
// programs take it for bytes and others for megabytes.
func parseSize(s string) (uint64, error) {
	unit := strings.IndexByte("KMG", strings.ToUpper(s + " ")[len(s)-min(len(s), 1)])
	if unit < 0 {
		return 0, errors.New("give a number and a unit, K, M or G, as in 512M")
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 64)
	if err != nil {
		return 0, errors.New("give a whole number before the unit, as in 512M")
	}
	shift := 10 * (unit + 1)
	if bits.Len64(n)+shift > 64 {
		return 0, errors.New("more than 64 bits can count: give less")
	}
	return n << shift, nil
}

// formatSize is a size as parseSize takes it.
func formatSize(n uint64) string {
	switch {
	case n%(1<<30) == 0:
		return fmt.Sprintf("%dG", n>>30)
	case n%(1<<20) == 0:
		return fmt.Sprintf("%dM", n>>20)
	}
	return fmt.Sprintf("%dK", n>>10)
}
