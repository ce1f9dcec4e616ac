package main

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// eachInput runs do on every file, or on standard input if there is none; "-" is standard input too.
func eachInput(name string, files []string, do func(file string, r io.Reader) error) int {
	if len(files) == 0 {
		files = []string{"-"}
	}
	return each(name, files, func(file string) error {
		if file == "-" {
			return do(file, os.Stdin)
		}
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		return do(file, f)
	})
}

// eachLine runs do on every line of r, without its newline, until do returns false.
func eachLine(r io.Reader, do func(line string) bool) error {
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadString('\n')
		if line != "" && !do(strings.TrimSuffix(line, "\n")) {
			return nil
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func runCat(args []string) int {
	return eachInput("cat", args, func(_ string, r io.Reader) error {
		_, err := io.Copy(os.Stdout, r)
		return err
	})
}

func runEcho(args []string) int {
	end := "\n"
	if len(args) > 0 && args[0] == "-n" {
		end, args = "", args[1:]
	}
	fmt.Fprint(out, strings.Join(args, " "), end)
	return 0
}

// runPrintf knows %s %d %i %u %x %X %o %c %b %% with flags and widths, and C's escapes.
func runPrintf(args []string) int {
	if len(args) == 0 {
		return usage("printf")
	}
	format, args := args[0], args[1:]
	verb := regexp.MustCompile(`%[-+ 0#]*[0-9]*(\.[0-9]+)?[sdiuxXocb%]`)
	for first := true; first || len(args) > 0; first = false {
		before := len(args)
		escaped := cEscapes(format)
		fmt.Fprint(out, verb.ReplaceAllStringFunc(escaped, func(v string) string {
			kind := v[len(v)-1]
			if kind == '%' {
				return "%"
			}
			arg := ""
			if len(args) > 0 {
				arg, args = args[0], args[1:]
			}
			return printfField(v[:len(v)-1], kind, arg)
		}))
		if len(args) == before {
			break // the format takes no argument
		}
	}
	return 0
}

func printfField(flags string, kind byte, arg string) string {
	switch kind {
	case 's':
		return fmt.Sprintf(flags+"s", arg)
	case 'b':
		return fmt.Sprintf(flags+"s", cEscapes(arg))
	case 'c':
		return fmt.Sprintf(flags+"s", arg[:min(len(arg), 1)])
	case 'i', 'u':
		kind = 'd'
	}
	n, _ := strconv.ParseInt(arg, 0, 64)
	return fmt.Sprintf(flags+string(kind), n)
}

func cEscapes(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\b`, "\b", `\e`, "\x1b", `\033`, "\x1b", `\0`, "\x00",
		`\a`, "\a", `\\`, `\`).Replace(s)
}

func runHead(args []string) int {
	opts, files, err := countOption(args, "n:c:")
	if err != nil {
		return usage("head")
	}
	lines, err := optionNumber(opts, 'n', 10)
	if err != nil {
		return fail("head", err)
	}
	return eachInput("head", files, func(_ string, r io.Reader) error {
		if has(opts, 'c') {
			n, err := optionNumber(opts, 'c', 0)
			if err == nil {
				_, err = io.CopyN(out, r, n)
			}
			if err == io.EOF {
				err = nil
			}
			return err
		}
		left := lines
		if left <= 0 {
			return nil
		}
		return eachLine(r, func(line string) bool {
			fmt.Fprintln(out, line)
			left--
			return left > 0
		})
	})
}

// countOption is getopt that takes -NUMBER for -n NUMBER.
func countOption(args []string, spec string) (map[byte]string, []string, error) {
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0][1] >= '0' && args[0][1] <= '9' {
		args = append([]string{"-n" + args[0][1:]}, args[1:]...)
	}
	return getopt(args, spec)
}

func optionNumber(opts map[byte]string, c byte, otherwise int64) (int64, error) {
	if !has(opts, c) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(opts[c], 0, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("-%c %s: not a number", c, opts[c])
	}
	return n, nil
}

func runTail(args []string) int {
	opts, files, err := countOption(args, "n:")
	if err != nil {
		return usage("tail")
	}
	keep, err := optionNumber(opts, 'n', 10)
	if err != nil {
		return fail("tail", err)
	}
	return eachInput("tail", files, func(_ string, r io.Reader) error {
		var last []string
		err := eachLine(r, func(line string) bool {
			if last = append(last, line); int64(len(last)) > keep {
				last = last[1:]
			}
			return true
		})
		for _, line := range last {
			fmt.Fprintln(out, line)
		}
		return err
	})
}

func runWc(args []string) int {
	opts, files, err := getopt(args, "lwc")
	if err != nil {
		return usage("wc")
	}
	print := func(name string, counts [3]int) {
		var fields []string
		for i, c := range []byte("lwc") {
			if len(opts) == 0 || has(opts, c) {
				fields = append(fields, strconv.Itoa(counts[i]))
			}
		}
		if name != "-" {
			fields = append(fields, name)
		}
		fmt.Fprintln(out, strings.Join(fields, " "))
	}
	var total [3]int
	status := eachInput("wc", files, func(file string, r io.Reader) error {
		counts, err := countText(r)
		for i, n := range counts {
			total[i] += n
		}
		print(file, counts)
		return err
	})
	if len(files) > 1 {
		print("total", total)
	}
	return status
}

// countText returns the lines, words and bytes of r.
func countText(r io.Reader) (counts [3]int, err error) {
	buf := make([]byte, 64<<10)
	inWord := false
	for {
		n, err := r.Read(buf)
		counts[0] += bytes.Count(buf[:n], []byte{'\n'})
		for _, c := range buf[:n] {
			space := c == ' ' || c >= '\t' && c <= '\r'
			if !space && !inWord {
				counts[1]++
			}
			inWord = !space
		}
		counts[2] += n
		if err == io.EOF {
			return counts, nil
		}
		if err != nil {
			return counts, err
		}
	}
}

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

func runTee(args []string) int {
	opts, files, err := getopt(args, "a")
	if err != nil {
		return usage("tee")
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if has(opts, 'a') {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	writers := []io.Writer{os.Stdout}
	for _, name := range files {
		f, err := os.OpenFile(name, flags, 0o666)
		if err != nil {
			return fail("tee", err)
		}
		defer f.Close()
		writers = append(writers, f)
	}
	if _, err := io.Copy(io.MultiWriter(writers...), os.Stdin); err != nil {
		return fail("tee", err)
	}
	return 0
}

func runSeq(args []string) int {
	numbers := []int64{1, 1, 0} // first, step, last
	for i, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || len(args) > 3 {
			return usage("seq")
		}
		switch {
		case i == len(args)-1:
			numbers[2] = n
		default:
			numbers[i] = n
		}
	}
	if len(args) == 0 || numbers[1] == 0 {
		return usage("seq")
	}
	for n := numbers[0]; numbers[1] > 0 && n <= numbers[2] || numbers[1] < 0 && n >= numbers[2]; n += numbers[1] {
		fmt.Fprintln(out, n)
	}
	return 0
}

func runYes(args []string) int {
	line := "y\n"
	if len(args) > 0 {
		line = strings.Join(args, " ") + "\n"
	}
	block := []byte(strings.Repeat(line, max(4096/len(line), 1)))
	for {
		if _, err := os.Stdout.Write(block); err != nil {
			return fail("yes", err)
		}
	}
}

func runMD5(args []string) int    { return checksum("md5sum", md5.New, args) }
func runSHA256(args []string) int { return checksum("sha256sum", sha256.New, args) }

func checksum(name string, newHash func() hash.Hash, files []string) int {
	return eachInput(name, files, func(file string, r io.Reader) error {
		h := newHash()
		_, err := io.Copy(h, r)
		if err == nil {
			fmt.Fprintf(out, "%x  %s\n", h.Sum(nil), file)
		}
		return err
	})
}

func runHexdump(args []string) int {
	opts, files, err := getopt(args, "Cn:s:")
	if err != nil {
		return usage("hexdump")
	}
	limit, err1 := optionNumber(opts, 'n', math.MaxInt64)
	skip, err2 := optionNumber(opts, 's', 0)
	if err := errors.Join(err1, err2); err != nil {
		return fail("hexdump", err)
	}
	return eachInput("hexdump", files, func(_ string, r io.Reader) error {
		if s, ok := r.(io.Seeker); !ok {
		} else if _, err := s.Seek(skip, io.SeekStart); err != nil {
			if _, err := io.CopyN(io.Discard, r, skip); err != nil {
				return err
			}
		}
		return dump(io.LimitReader(r, limit), skip)
	})
}

// dump prints r as rows of 16 bytes, in hexadecimal and as text.
func dump(r io.Reader, at int64) error {
	row := make([]byte, 16)
	for {
		n, err := io.ReadFull(r, row)
		if n > 0 {
			var text [16]byte
			fmt.Fprintf(out, "%08x ", at)
			for i := range row {
				if i == 8 {
					fmt.Fprint(out, " ")
				}
				if i >= n {
					fmt.Fprint(out, "   ")
					continue
				}
				fmt.Fprintf(out, " %02x", row[i])
				if text[i] = '.'; row[i] >= ' ' && row[i] < 0x7F {
					text[i] = row[i]
				}
			}
			fmt.Fprintf(out, "  |%s|\n", text[:n])
			at += int64(n)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
