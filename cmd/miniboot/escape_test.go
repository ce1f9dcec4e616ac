package main

import (
	"slices"
	"testing"
)

func TestEscapes(t *testing.T) {
	for _, test := range []struct {
		typed    string
		guest    string
		commands []keyCommand
	}{
		{"uname -a\r", "uname -a\r", nil},
		{"\x03\x04\x1b[A", "\x03\x04\x1b[A", nil},
		{"\x01x", "", []keyCommand{keyQuit}},
		{"a\x01hb", "ab", []keyCommand{keyHelp}},
		{"\x01?", "", []keyCommand{keyHelp}},
		{"\x01p\x01s", "", []keyCommand{keyPower, keyStats}},
		{"\x01a", "\x01", nil},
		{"\x01\x01", "\x01", nil},
		{"\x01\x01x", "\x01x", nil},
		{"\x01\x01\x01x", "\x01", []keyCommand{keyQuit}},
		{"a\x01bb", "ab", []keyCommand{keyBreak}},
		{"\x01Xy", "y", []keyCommand{keyUnknown}},
		{"\x01", "", nil},
	} {
		for size := 1; size <= len(test.typed); size++ { // keys come in chunks of any size
			var e escapes
			var guest []byte
			var commands []keyCommand
			for chunk := range slices.Chunk([]byte(test.typed), size) {
				for len(chunk) > 0 {
					sent, command, rest := e.split(chunk)
					guest = append(guest, sent...)
					if command != keyNone {
						commands = append(commands, command)
					}
					chunk = rest
				}
			}
			if string(guest) != test.guest || !slices.Equal(commands, test.commands) {
				t.Errorf("%q in chunks of %d: guest gets %q, commands %v, want %q, %v",
					test.typed, size, guest, commands, test.guest, test.commands)
			}
		}
	}
}
