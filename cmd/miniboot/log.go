package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// newLogger returns a logger whose records are lines for the user: failures, and with -v what miniboot does and the
// guest's mistakes.
func newLogger(o options, out io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelInfo
	}
	return slog.New(lineHandler{out, level, ""})
}

// A lineHandler writes a record as one line: the message, then its attributes by name and value.
type lineHandler struct {
	w     io.Writer // gets one line in each Write, from any goroutine
	level slog.Level
	attrs string // of WithAttrs
}

// Enabled implements slog.Handler.
func (h lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle implements slog.Handler.
func (h lineHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := h.attrs
	r.Attrs(func(a slog.Attr) bool {
		attrs += attribute(a)
		return true
	})
	line := "miniboot: " + r.Message
	if attrs != "" {
		line += ":" + strings.TrimPrefix(attrs, ",")
	}
	_, err := io.WriteString(h.w, line+"\n")
	return err
}

// WithAttrs implements slog.Handler.
func (h lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.attrs += attribute(a)
	}
	return h
}

// WithGroup implements slog.Handler. No name occurs in two groups.
func (h lineHandler) WithGroup(string) slog.Handler { return h }

// attribute is one attribute, with a comma before it. An error needs no name.
func attribute(a slog.Attr) string {
	v := a.Value.Resolve()
	if a.Key == "err" {
		return fmt.Sprintf(", %v", v)
	}
	return fmt.Sprintf(", %s %v", a.Key, v)
}
