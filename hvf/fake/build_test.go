package fake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf"
)

// TestLibraryIsKeptWhereOthersCannotWrite: what a test loads as code never comes from the temporary directory, which
// everybody may write to.
func TestLibraryIsKeptWhereOthersCannotWrite(t *testing.T) {
	home, shared := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", shared)
	files := libraryFiles(t, hvf.MacOS{Major: 27})
	for _, host := range []struct {
		name, home string
		kept       bool
	}{{"a home directory", home, true}, {"none", "", false}} {
		t.Setenv("HOME", host.home)
		t.Setenv("LocalAppData", host.home)
		t.Setenv("XDG_CACHE_HOME", "")
		if name := keptName(files); strings.HasPrefix(name, home+string(os.PathSeparator)) != host.kept || (name != "") != host.kept {
			t.Errorf("%s: kept at %q, with the home directory %s", host.name, name, home)
		}
	}
	t.Setenv("HOME", home)
	buildOnce(t, hvf.MacOS{Major: 27})
	if kept, err := os.Stat(keptName(files)); err != nil || kept.Size() == 0 {
		t.Errorf("the library is not kept: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(shared, "miniboot-*")); len(left) > 0 {
		t.Errorf("in the temporary directory: %v", left)
	}
}
