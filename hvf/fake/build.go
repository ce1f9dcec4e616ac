package fake

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ctest"
)

//go:embed testdata
var sources embed.FS

var (
	buildLock sync.Mutex
	built     = map[hvf.MacOS]string{} // guarded by buildLock
)

// build returns the path of the library for a version of macOS.
func build(tb testing.TB, macOS hvf.MacOS) string {
	tb.Helper()
	buildLock.Lock()
	defer buildLock.Unlock()
	if built[macOS] == "" {
		built[macOS] = buildOnce(tb, macOS)
	}
	return built[macOS]
}

// buildOnce builds the library once for each content of its sources.
func buildOnce(tb testing.TB, macOS hvf.MacOS) string {
	tb.Helper()
	files := map[string]string{"abi.h": header(macOS)}
	entries, err := sources.ReadDir("testdata")
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		b, err := sources.ReadFile("testdata/" + e.Name())
		if err != nil {
			tb.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	lib := filepath.Join(os.TempDir(), fmt.Sprintf("miniboot-fake-%x.so", sha256.Sum256(fmt.Append(nil, files)))) // maps print sorted
	if _, err := os.Stat(lib); err == nil {
		return lib
	}
	dir := tb.TempDir()
	args := []string{"-fvisibility=hidden", "-O1", "-Wno-unused-parameter", "-I" + dir}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
		if strings.HasSuffix(name, ".c") {
			args = append(args, path)
		}
	}
	out := filepath.Join(dir, "fake.so")
	ctest.Build(tb, out, append(args, "-lpthread")...)
	install(tb, out, lib)
	return lib
}

// install copies a file in one step, so that no other process sees half of it.
func install(tb testing.TB, from, to string) {
	tb.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := os.CreateTemp(filepath.Dir(to), "miniboot-fake-*")
	if err != nil {
		tb.Fatal(err)
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
