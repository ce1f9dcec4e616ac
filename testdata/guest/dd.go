package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// runDD copies blocks: if= of= bs= count= skip= seek=, sizes with K, M or G.
func runDD(args []string) int {
	in, to := os.Stdin, os.Stdout
	size := map[string]int64{"bs": 512, "count": -1, "skip": 0, "seek": 0}
	files := map[string]string{}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		if name == "if" || name == "of" {
			files[name] = value
		} else if _, ok := size[name]; !ok {
			return usage("dd")
		} else if n, err := parseSize(value); err != nil {
			return fail("dd", err)
		} else {
			size[name] = n
		}
	}
	var err1, err2 error
	if files["if"] != "" {
		in, err1 = os.Open(files["if"])
	}
	if files["of"] != "" {
		flags := os.O_WRONLY | os.O_CREATE
		if size["seek"] == 0 {
			flags |= os.O_TRUNC
		}
		to, err2 = os.OpenFile(files["of"], flags, 0o666)
	}
	if err := errors.Join(err1, err2); err != nil {
		return fail("dd", err)
	}
	const largest = 64 << 20
	if size["bs"] < 1 || size["bs"] > largest {
		return fail("dd", fmt.Errorf("bs=%d: not a block size", size["bs"]))
	}
	start := time.Now()
	n, err := copyBlocks(to, in, size)
	if err = errors.Join(err, to.Close()); err != nil {
		return fail("dd", err)
	}
	took := time.Since(start).Seconds()
	fmt.Fprintf(os.Stderr, "%d bytes in %.3f s, %.1f MB/s\n", n, took, float64(n)/1e6/max(took, 1e-6))
	return 0
}

func copyBlocks(to, in *os.File, size map[string]int64) (copied int64, err error) {
	block := make([]byte, size["bs"])
	if size["seek"] > 0 {
		if _, err := to.Seek(size["seek"]*size["bs"], io.SeekStart); err != nil {
			return 0, err
		}
	}
	if size["skip"] > 0 {
		if _, err := in.Seek(size["skip"]*size["bs"], io.SeekStart); err != nil {
			return 0, err
		}
	}
	for count := size["count"]; count != 0; count-- {
		n, err := in.Read(block)
		if n > 0 {
			if _, err := to.Write(block[:n]); err != nil {
				return copied, err
			}
			copied += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return copied, err
		}
	}
	return copied, nil
}

// parseSize parses a number with an optional K, M or G (powers of 1024).
func parseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "kKmMgG")
	n, err := strconv.ParseInt(digits, 0, 64)
	if err != nil || len(s)-len(digits) > 1 {
		return 0, fmt.Errorf("%s: not a size", s)
	}
	switch strings.ToUpper(s[len(digits):]) {
	case "K":
		n <<= 10
	case "M":
		n <<= 20
	case "G":
		n <<= 30
	}
	return n, nil
}
