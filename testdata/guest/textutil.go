package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
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
