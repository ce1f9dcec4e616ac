package main

import (
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
)

func runMD5(args []string) int { return checksum("md5sum", md5.New, args) }

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
