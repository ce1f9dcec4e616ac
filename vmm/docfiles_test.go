package vmm

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// A document names a file of the project by its path from the top, between
// backquotes or as the target of a link.
var docFile = regexp.MustCompile("`([a-z0-9_]+(?:/[a-zA-Z0-9_]+)*/[a-z0-9_*]+\\.(?:go|sh))[` ]|\\]\\(([A-Z]+(?:\\.md)?)\\)")

// TestDocFiles checks that each file that a document names exists.
func TestDocFiles(t *testing.T) {
	seen := 0
	for _, doc := range []string{"README.md", "ARCHITECTURE.md", "RATIONALE.md", "THREATS.md", "BENCHMARKS.md"} {
		text, err := os.ReadFile(filepath.Join("..", doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range docFile.FindAllStringSubmatch(string(text), -1) {
			seen++
			name := m[1] + m[2]
			if found, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name))); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", doc, name)
			}
		}
	}
	if seen < 20 {
		t.Errorf("the documents name %d files, expected at least 20", seen)
	}
}
