package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestLogger(t *testing.T) {
	for _, test := range []struct {
		verbose bool
		log     func(l *slog.Logger)
		want    string
	}{
		{false, func(l *slog.Logger) {
			l.Warn("blk: the disk fails", "disk", "a.img", "offset", 512, "err", errors.New("no space"))
		},
			"miniboot: blk: the disk fails: disk a.img, offset 512, no space\n"},
		{false, func(l *slog.Logger) { l.Warn("plain") }, "miniboot: plain\n"},
		{false, func(l *slog.Logger) { l.Info("detail") }, ""},
		{true, func(l *slog.Logger) { l.With("vcpu", 1).WithGroup("g").Info("guest: lost", "address", 16) }, "miniboot: guest: lost: vcpu 1, address 16\n"},
		{true, func(l *slog.Logger) { l.Debug("more") }, ""},
	} {
		var out strings.Builder
		test.log(newLogger(options{verbose: test.verbose}, &out))
		if out.String() != test.want {
			t.Errorf("verbose %v: %q, want %q", test.verbose, out.String(), test.want)
		}
	}
}
