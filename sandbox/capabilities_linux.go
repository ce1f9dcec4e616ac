//go:build amd64 || arm64

package sandbox

import "golang.org/x/sys/unix"

// capabilities are those that c goes on needing of a process that has them. Root can read, without any, what root owns.
func capabilities(c Config) (keep uint64) {
	add := func(capabilities ...int) {
		for _, bit := range capabilities {
			keep |= 1 << bit
		}
	}
	if c.paths() {
		add(unix.CAP_DAC_READ_SEARCH)
	}
	if len(c.Dial) > 0 { // sockets of other users
		add(unix.CAP_DAC_OVERRIDE)
	}
	if len(c.Write) > 0 { // a guest's users own what they make
		add(unix.CAP_DAC_OVERRIDE, unix.CAP_CHOWN, unix.CAP_FOWNER, unix.CAP_FSETID)
	}
	return keep
}
