package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// runGrep matches with Go's syntax of regular expressions, close to that of grep -E.
func runGrep(args []string) int {
	opts, operands, err := operandsOf(args, "civnqEF", 1)
	if err != nil {
		return usage("grep")
	}
	pattern := operands[0]
	if has(opts, 'F') {
		pattern = regexp.QuoteMeta(pattern)
	}
	if has(opts, 'i') {
		pattern = "(?i)" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		fail("grep", err)
		return 2
	}
	files, found := operands[1:], false
	status := eachInput("grep", files, func(file string, r io.Reader) error {
		number, count := 0, 0
		err := eachLine(r, func(line string) bool {
			number++
			if re.MatchString(line) == has(opts, 'v') {
				return true
			}
			found = true
			count++
			if has(opts, 'q') || has(opts, 'c') {
				return !has(opts, 'q')
			}
			if len(files) > 1 {
				fmt.Fprintf(out, "%s:", file)
			}
			if has(opts, 'n') {
				fmt.Fprintf(out, "%d:", number)
			}
			fmt.Fprintln(out, line)
			return true
		})
		if has(opts, 'c') {
			fmt.Fprintln(out, count)
		}
		return err
	})
	switch {
	case status != 0:
		return 2
	case !found:
		return 1
	}
	return 0
}

func readLines(name string, files []string) (lines []string, status int) {
	status = eachInput(name, files, func(_ string, r io.Reader) error {
		return eachLine(r, func(line string) bool {
			lines = append(lines, line)
			return true
		})
	})
	return lines, status
}

func runSort(args []string) int {
	opts, files, err := getopt(args, "nru")
	if err != nil {
		return usage("sort")
	}
	lines, status := readLines("sort", files)
	compare := strings.Compare
	if has(opts, 'n') {
		compare = func(a, b string) int {
			if x, y := leadingNumber(a), leadingNumber(b); x != y {
				return int(math.Copysign(1, x-y))
			}
			return strings.Compare(a, b)
		}
	}
	slices.SortStableFunc(lines, compare)
	if has(opts, 'r') {
		slices.Reverse(lines)
	}
	if has(opts, 'u') {
		lines = slices.Compact(lines)
	}
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return status
}

func leadingNumber(s string) float64 {
	s = strings.TrimLeft(s, " \t")
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.' || n == 0 && s[n] == '-') {
		n++
	}
	x, _ := strconv.ParseFloat(s[:n], 64)
	return x
}

func runUniq(args []string) int {
	opts, files, err := getopt(args, "c")
	if err != nil {
		return usage("uniq")
	}
	lines, status := readLines("uniq", files)
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && lines[i+n] == lines[i] {
			n++
		}
		if has(opts, 'c') {
			fmt.Fprintf(out, "%7d ", n)
		}
		fmt.Fprintln(out, lines[i])
		i += n
	}
	return status
}

func runCut(args []string) int {
	opts, files, err := getopt(args, "d:f:")
	if err != nil || !has(opts, 'f') {
		return usage("cut")
	}
	separator := "\t"
	if opts['d'] != "" {
		separator = opts['d']
	}
	return eachInput("cut", files, func(_ string, r io.Reader) error {
		return eachLine(r, func(line string) bool {
			fields := strings.Split(line, separator)
			var kept []string
			for i, field := range fields {
				if inRanges(i+1, opts['f']) {
					kept = append(kept, field)
				}
			}
			fmt.Fprintln(out, strings.Join(kept, separator))
			return true
		})
	})
}

// inRanges reports whether n is in a list such as 1,3-5,7-.
func inRanges(n int, list string) bool {
	for _, r := range strings.Split(list, ",") {
		from, to, isRange := strings.Cut(r, "-")
		low, _ := strconv.Atoi(from)
		high := low
		if isRange {
			if high, _ = strconv.Atoi(to); to == "" {
				high = math.MaxInt
			}
		}
		if n >= low && n <= high {
			return true
		}
	}
	return false
}

func runTr(args []string) int {
	opts, sets, err := operandsOf(args, "d", 1)
	if err != nil || !has(opts, 'd') && len(sets) != 2 {
		return usage("tr")
	}
	from := characters(sets[0])
	var to []byte
	if len(sets) > 1 {
		to = characters(sets[1])
	}
	if !has(opts, 'd') && len(to) == 0 {
		return fail("tr", errors.New("the second set is empty"))
	}
	input := bufio.NewReader(os.Stdin)
	for {
		c, err := input.ReadByte()
		if err != nil {
			return 0
		}
		if at := bytes.IndexByte(from, c); at >= 0 {
			if has(opts, 'd') {
				continue
			}
			c = to[min(at, len(to)-1)]
		}
		out.WriteByte(c)
	}
}

// characters spells out a set such as a-z0-9 with C's escapes.
func characters(set string) []byte {
	set = cEscapes(set)
	var all []byte
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' && set[i] <= set[i+2] {
			for c := int(set[i]); c <= int(set[i+2]); c++ {
				all = append(all, byte(c))
			}
			i += 2
			continue
		}
		all = append(all, set[i])
	}
	return all
}
