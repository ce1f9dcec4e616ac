package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseShare(t *testing.T) {
	for _, tc := range []struct {
		value string
		want  shareOption
		bad   string // part of the error
	}{
		{value: "src=/home/me/src", want: shareOption{tag: "src", dir: "/home/me/src"}},
		{value: "src=.,ro", want: shareOption{tag: "src", dir: ".", readOnly: true}},
		{value: "src=a=b", want: shareOption{tag: "src", dir: "a=b"}},
		{value: "src=a,,b,ro", want: shareOption{tag: "src", dir: "a,b", readOnly: true}},
		{value: "", bad: "give TAG=DIR"},
		{value: "/home/me/src", bad: "give TAG=DIR"},
		{value: "=/home/me/src", bad: "give TAG=DIR"},
		{value: "src=", bad: "give TAG=DIR"},
		{value: "src=,ro", bad: "give TAG=DIR"},
		{value: "src=.,rw", bad: `"rw": give ro`},
		{value: strings.Repeat("t", 37) + "=.", bad: "give 1 to 36 bytes"},
	} {
		got, err := parseShare(tc.value)
		if (err != nil) != (tc.bad != "") || err == nil && got != tc.want || err != nil && !strings.Contains(err.Error(), tc.bad) {
			t.Errorf("%q: %+v, %v; want %+v, %q", tc.value, got, err, tc.want, tc.bad)
		}
	}
}

// TestShareErrors opens what cannot be shared: the error is one line that names the flag and the directory.
func TestShareErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(dir, "none")} {
		_, _, err := shareOption{tag: "x", dir: path}.open(1, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "-share x: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := parseOptions([]string{"-share", "a=/x", "-share", "b=/y", "-share", "a=/z"}, os.Stderr)
	if err == nil || err.Error() != "-share a=/z: /x has this tag already, give another one" {
		t.Errorf("a tag given twice: %v", err)
	}
}
