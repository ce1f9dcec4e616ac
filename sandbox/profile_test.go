package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProfile compares profiles with what stands in testdata. No Mac is needed for that.
func TestProfile(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("skipped: profiles have paths of macOS")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kernel, quoted, linked := filepath.Join(dir, "Image"), filepath.Join(dir, `a "b\`), filepath.Join(dir, "link")
	for _, path := range []string{kernel, quoted} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(kernel, linked); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{
		"nothing": {},
		"read":    {Read: []string{kernel, dir, quoted}},
		"link":    {Read: []string{linked}},
		"share":   {Write: []string{dir}},
		"user":    {Internet: true},
		"vsock":   {Dial: []string{dir}},
		"console": {Sockets: true},
	} {
		want, err := os.ReadFile(filepath.Join("testdata", "profile", name+".sb"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(profile(c), dir, "DIR")
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
