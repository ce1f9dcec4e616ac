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
	built     = map[hvf.MacOS][]byte{} // guarded by buildLock
)

// library returns the content of the library for a version of macOS.
func library(tb testing.TB, macOS hvf.MacOS) []byte {
	tb.Helper()
	buildLock.Lock()
	defer buildLock.Unlock()
	if built[macOS] == nil {
		built[macOS] = buildOnce(tb, macOS)
	}
	return built[macOS]
}

// buildOnce builds the library once for each content of its sources. It is code that the test runs, so it is kept where
// other users cannot write. A host without such a place builds it for each process.
func buildOnce(tb testing.TB, macOS hvf.MacOS) []byte {
	tb.Helper()
	files := libraryFiles(tb, macOS)
	kept := keptName(files)
	if lib, err := os.ReadFile(kept); err == nil {
		return lib
	}
	lib := compile(tb, files)
	if kept != "" && os.MkdirAll(filepath.Dir(kept), 0o700) == nil {
		install(tb, lib, kept)
	}
	return lib
}

// libraryFiles are the sources by name.
func libraryFiles(tb testing.TB, macOS hvf.MacOS) map[string]string {
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
	return files
}

// keptName is where the library made of files is kept, in the user's cache directory; "" where there is none.
func keptName(files map[string]string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Append(nil, files)) // maps print sorted
	return filepath.Join(cache, "miniboot", "fake", fmt.Sprintf("%x.so", sum))
}

// compile compiles the files and returns the library.
func compile(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
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
	lib, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return lib
}

// install writes the library to a file in one step, so that no other process sees half of it.
func install(tb testing.TB, lib []byte, to string) {
	tb.Helper()
	f, err := os.CreateTemp(filepath.Dir(to), "miniboot-fake-*")
	if err != nil {
		tb.Fatal(err)
	}
	_, err = f.Write(lib)
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
