package virtiotest

import (
	"log/slog"
	"strings"
)

// Log returns a logger that calls take with a line for each record: its message and
// attributes in the form of slog.TextHandler, without time and level.
func Log(take func(line string)) *slog.Logger {
	return slog.New(slog.NewTextHandler(lines(take), &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// lines makes a writer of a function. A handler writes one line at a time.
type lines func(line string)

func (l lines) Write(p []byte) (int, error) {
	l(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}
