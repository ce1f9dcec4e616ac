package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestMacChapter: README's chapter for a Mac has five commands at most, a sentence for each way to get the program, and
// names only commands that there are.
func TestMacChapter(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(strings.ReplaceAll(string(readme), "\r\n", "\n"), "\n## On a Mac\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	parts := strings.Split(chapter, "```\n")
	if len(parts) != 3 {
		t.Fatalf("%d blocks of commands, want one", len(parts)/2)
	}
	if n := strings.Count(parts[1], "\n"); n == 0 || n > 5 {
		t.Errorf("%d commands, want 1 to 5", n)
	}
	for _, want := range []string{"`go run`", "`go build`", "`go install`", "A release", "quarantine", "`signed.Become(nil)`", "TestMain", "`-accel hvf`", "software CPU"} {
		if !strings.Contains(parts[0]+parts[2], want) {
			t.Errorf("no sentence has %s", want)
		}
	}
	for _, m := range regexp.MustCompile(`miniboot (sign|doctor|[a-z]+)\b`).FindAllStringSubmatch(parts[1], -1) {
		if commands[m[1]] == nil {
			t.Errorf("there is no command %q", m[0])
		}
	}
}
