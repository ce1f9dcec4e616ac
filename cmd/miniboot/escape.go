package main

// A keyCommand is what a key after Ctrl-A asks of miniboot.
type keyCommand int

const (
	keyNone    keyCommand = iota
	keyQuit               // x
	keyHelp               // h or ?
	keyPower              // p
	keyStats              // s
	keyBreak              // b
	keyUnknown            // any other
)

const escapeKey = 'A' - '@' // Ctrl-A

const keyHelpText = `Ctrl-A x    quit
Ctrl-A p    press the power key
Ctrl-A s    show counters and where the CPUs are
Ctrl-A b    send a break: Linux takes the next key for a magic SysRq
Ctrl-A a    send Ctrl-A to the guest (Ctrl-A Ctrl-A too)
Ctrl-A h    this help
`

// escapes separates the keys for miniboot from those for the guest. The zero value is ready.
type escapes struct {
	pending bool // Ctrl-A has come, its second key has not
}

// key takes a typed byte. send says whether out goes to the guest, and command is what the byte asks of miniboot.
func (e *escapes) key(c byte) (send bool, out byte, command keyCommand) {
	if !e.pending {
		e.pending = c == escapeKey
		return !e.pending, c, keyNone
	}
	e.pending = false
	switch c {
	case escapeKey, 'a':
		return true, escapeKey, keyNone
	case 'x':
		return false, 0, keyQuit
	case 'h', '?':
		return false, 0, keyHelp
	case 'p':
		return false, 0, keyPower
	case 's':
		return false, 0, keyStats
	case 'b':
		return false, 0, keyBreak
	}
	return false, 0, keyUnknown
}

// split takes a chunk of typed bytes up to the first command in it: the bytes for the guest, the command, and the
// bytes behind it. The first result reuses the chunk's memory.
func (e *escapes) split(chunk []byte) (toGuest []byte, command keyCommand, rest []byte) {
	toGuest = chunk[:0]
	for i, c := range chunk {
		send, out, command := e.key(c)
		if send {
			toGuest = append(toGuest, out)
		}
		if command != keyNone {
			return toGuest, command, chunk[i+1:]
		}
	}
	return toGuest, keyNone, nil
}
