package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// parseVsock parses PATH[,cid=N]. A comma in the path is written twice.
func parseVsock(value string) (c vsock.Config, err error) {
	words := splitCommas(value)
	if c.Path = words[0]; c.Path == "" {
		return c, errors.New("give PATH or PATH,cid=N")
	}
	if err := checkWords(words[1:], ""); err != nil {
		return c, err
	}
	for _, word := range words[1:] {
		number, isCID := strings.CutPrefix(word, "cid=")
		if !isCID {
			return c, fmt.Errorf("%q: give cid=N", word)
		}
		cid, err := strconv.ParseUint(number, 10, 32)
		if err != nil || cid < vsock.MinCID || cid > vsock.MaxCID {
			return c, fmt.Errorf("cid %q: give %d to %d", number, vsock.MinCID, uint32(vsock.MaxCID))
		}
		c.CID = uint32(cid)
	}
	return c, nil
}
