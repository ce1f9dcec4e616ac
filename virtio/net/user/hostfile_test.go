package user

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseResolvConf(t *testing.T) {
	longest := strings.Repeat("a", 63)
	for _, tc := range []struct {
		text string
		want resolverConfig
	}{
		{"", resolverConfig{timeout: 5 * time.Second, attempts: 2}},
		{"nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n", resolverConfig{servers: []string{"127.0.0.53:53"}, timeout: 5 * time.Second, attempts: 2}},
		{
			"# of a test\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch example.com corp.example.com.\noptions timeout:1 attempts:3",
			resolverConfig{servers: []string{"192.0.2.1:53", "[fe80::1%eth0]:53"}, search: []string{"example.com", "corp.example.com"}, timeout: time.Second, attempts: 3},
		},
		{"nameserver ns.example.com\ndomain example.com", resolverConfig{search: []string{"example.com"}, timeout: 5 * time.Second, attempts: 2}},
		{
			"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\noptions timeout:9223372036854775807 attempts:1000000",
			resolverConfig{servers: []string{"192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53"}, timeout: queryTimeout / 3, attempts: 5},
		},
		{"search a..b " + longest + "a " + longest + ` a\.b`, resolverConfig{search: []string{longest}, timeout: 5 * time.Second, attempts: 2}},
	} {
		got := parseResolvConf([]byte(tc.text))
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(resolverConfig{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.text, diff)
		}
	}
	if c := parseResolvConf([]byte("search" + strings.Repeat(" example.com", 1000))); len(c.search) != maxSearch {
		t.Errorf("%d search domains, want %d", len(c.search), maxSearch)
	}
}

// A file is read again when it changes, and only then.
func TestHostFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	parsed := 0
	f := &hostFile[string]{path: path, parse: func(b []byte) string {
		parsed++
		return string(b)
	}}
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(text string, changed time.Time) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name   string
		do     func()
		want   string
		parsed int
	}{
		{"there is none", func() {}, "", 0},
		{"it appears", func() { write("one", day) }, "one", 1},
		{"it stays", func() {}, "one", 1},
		{"its size changes", func() { write("three", day) }, "three", 2},
		{"its time changes", func() { write("seven", day.Add(time.Second)) }, "seven", 3},
		{"it becomes empty", func() { write("", day.Add(time.Second)) }, "", 4},
		{"it comes back", func() { write("seven", day.Add(time.Second)) }, "seven", 5},
		{"it goes", func() { os.Remove(path) }, "", 5},
		{"it is a directory", func() { os.Mkdir(path, 0o700) }, "", 5},
	} {
		step.do()
		if got := f.load(); got != step.want || parsed != step.parsed {
			t.Errorf("%s: %q, parsed %d times, want %q, %d", step.name, got, parsed, step.want, step.parsed)
		}
	}
}

// Of a file that is too long only whole lines count.
func TestHostFileTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hosts")
	line := []byte("192.0.2.1 printer\n")
	if err := os.WriteFile(path, bytes.Repeat(line, maxHostFile/len(line)+2), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := readStart(path)
	if want := maxHostFile / len(line) * len(line); err != nil || len(b) != want {
		t.Errorf("read %d bytes, %v, want %d", len(b), err, want)
	}
}
