package fs

import "golang.org/x/sys/unix"

const (
	hostNoreplace = unix.RENAME_EXCL
	hostExchange  = unix.RENAME_SWAP
)
