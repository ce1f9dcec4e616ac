package fs

import "golang.org/x/sys/unix"

const (
	hostNoreplace = unix.RENAME_NOREPLACE
	hostExchange  = unix.RENAME_EXCHANGE
)
