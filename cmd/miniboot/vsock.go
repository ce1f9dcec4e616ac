package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// parseVsock reads the value of -vsock: PATH[,cid=N].
func parseVsock(value string) (vsock.Config, error) {
	path, rest, more := strings.Cut(value, ",")
	c := vsock.Config{Path: path}
	if path == "" {
		return c, errors.New("give PATH[,cid=N]")
	}
	for more {
		var option string
		option, rest, more = strings.Cut(rest, ",")
		number, isCID := strings.CutPrefix(option, "cid=")
		if !isCID {
			return c, fmt.Errorf("option %q: give cid=N", option)
		}
		cid, err := strconv.ParseUint(number, 10, 32)
		if err != nil || cid == 0 {
			return c, fmt.Errorf("cid %q: give a number from 3 on", number)
		}
		c.CID = uint32(cid)
	}
	return c, nil
}
