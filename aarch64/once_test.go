package aarch64

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFactsStandOnce looks for facts of this package in the code of others.
func TestFactsStandOnce(t *testing.T) {
	facts := map[string]*regexp.Regexp{
		"the encoding of a system register":   regexp.MustCompile(`<< ?14 \|.*<< ?11 \|.*<< ?7`),
		"the ISS of a trapped MSR or MRS":     regexp.MustCompile(`<< ?20 \|.*<< ?17 \|.*<< ?14`),
		"the ISS of a data abort":             regexp.MustCompile(`<< ?24 \|.*<< ?22 \|.*<< ?16`),
		"UXN and PXN of a descriptor":         regexp.MustCompile(`1 ?<< ?5[34]\b`),
		"a bit of a timer's control register": regexp.MustCompile(`(?i)\b\w*(imask|istatus)\w* *= *(0x|[0-9])`),
		"the class of a syndrome":             regexp.MustCompile(`(?i)ec\)? ?<< ?26`),
	}
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == filepath.Join("..", "aarch64") {
			return err
		}
		source, err := os.ReadFile(path)
		files++
		for line := range strings.Lines(string(source)) {
			for fact, form := range facts {
				if code, _, _ := strings.Cut(line, "//"); form.MatchString(code) {
					t.Errorf("%s states %s: %s", path, fact, strings.TrimSpace(line))
				}
			}
		}
		return err
	})
	if err != nil || files < 100 {
		t.Errorf("%d files were read, error %v", files, err)
	}
}
