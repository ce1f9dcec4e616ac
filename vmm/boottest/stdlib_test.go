package boottest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// standardPackage is a package of Go's standard library whose tests a CPU has to pass.
type standardPackage struct {
	path   string
	sample bool   // in the reduced form too: integers, floating point, the crypto extension, threads
	skip   string // tests that cannot run there, as -test.skip wants it
}

// standardPackages are those with much arithmetic, with assembly for arm64, or with threads. They run in
// short mode. Most tests that need the go command skip themselves, because the guest has none.
var standardPackages = []standardPackage{
	{path: "math", sample: true},
	{path: "math/big"},
	{path: "math/bits"},
	{path: "math/cmplx"},
	{path: "math/rand/v2"},
	{path: "strconv", sample: true},
	{path: "strings"},
	{path: "bytes"},
	{path: "internal/runtime/atomic"},
	{path: "internal/runtime/maps"},
	{path: "reflect"},
	{path: "sync", sample: true, skip: "ExampleOnceValues"}, // reads its source
	{path: "sync/atomic", sample: true},
	{path: "runtime", skip: "TestTracebackSystem"}, // reads its source
	{path: "hash/crc32"},
	{path: "hash/crc64"},
	{path: "hash/maphash"},
	{path: "crypto/aes"},
	{path: "crypto/cipher"},
	{path: "crypto/des"},
	{path: "crypto/ecdh"},
	{path: "crypto/ecdsa"},
	{path: "crypto/ed25519"},
	{path: "crypto/elliptic"},
	{path: "crypto/hmac"},
	{path: "crypto/internal/fips140/bigmod"},
	{path: "crypto/internal/fips140/edwards25519"},
	{path: "crypto/internal/fips140/nistec"},
	{path: "crypto/md5"},
	{path: "crypto/rand"},
	{path: "crypto/rc4"},
	{path: "crypto/rsa"},
	{path: "crypto/sha1"},
	{path: "crypto/sha256", sample: true},
	{path: "crypto/sha3"},
	{path: "crypto/sha512"},
	{path: "crypto/subtle"},
	{path: "compress/flate"},
	{path: "encoding/binary"},
	{path: "encoding/json"},
	{path: "sort"},
}

// testDeadline is for the tests of one package. Those of package runtime take minutes on a real CPU.
const testDeadline = 40 * time.Minute

// TestStandardLibrary runs them with two CPUs and, if MINIBOOT_FULL is set, with one.
func TestStandardLibrary(t *testing.T) {
	kernel := defaultKernel(t)
	packages := chosenPackages()
	t.Parallel()
	tests := testArchive(t, packages)
	for _, cpus := range []int{1, 2} {
		if cpus == 1 && !full() {
			continue
		}
		t.Run(fmt.Sprintf("smp%d", cpus), func(t *testing.T) {
			t.Parallel()
			g := vmtest.Start(t, vmm.Config{
				VCPUs: cpus, Memory: 2 << 30, Kernel: kernel, Initrds: []boot.File{userland(t), tests},
				CommandLine: guest.CommandLine + " panic=-1", NoReset: true,
			})
			g.Expect(guest.Prompt)
			for _, p := range packages {
				runTests(t, g, p)
			}
			checkLog(t, g)
		})
	}
}

// chosenPackages are all, the sample, or those in MINIBOOT_PACKAGES.
func chosenPackages() (ps []standardPackage) {
	named := strings.Fields(os.Getenv("MINIBOOT_PACKAGES"))
	for _, p := range standardPackages {
		if len(named) == 0 && (p.sample || full()) {
			ps = append(ps, p)
		}
		for _, name := range named {
			if name == p.path {
				ps = append(ps, p)
			}
		}
	}
	return ps
}

func runTests(t *testing.T, g *vmtest.Guest, p standardPackage) {
	t.Helper()
	command := fmt.Sprintf("(cd /%s && ./%s -test.short", sourceDir(p), binary(p))
	if p.skip != "" {
		command += " -test.skip '" + p.skip + "'"
	}
	start := time.Now()
	out, status := g.RunWithin(testDeadline, command+")")
	t.Logf("%s: %v", p.path, time.Since(start).Round(100*time.Millisecond))
	if passed := strings.HasSuffix(strings.TrimSpace(out), "PASS"); status != 0 || !passed {
		t.Errorf("%s: exit status %d, want 0 and PASS:\n%s", p.path, status, out)
	}
}

// sourceDir is where the tests of a package run: they expect to find their testdata there.
func sourceDir(p standardPackage) string { return "go/src/" + p.path }

// binary is what the go command calls the program with a package's tests.
func binary(p standardPackage) string {
	base := path.Base(p.path)
	if base == "v2" { // a version and no name
		base = path.Base(path.Dir(p.path))
	}
	return base + ".test"
}

// testArchive compiles the packages' tests and packs them for the guest.
func testArchive(t *testing.T, packages []standardPackage) boot.File {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command")
	}
	goroot := strings.TrimSpace(string(goCommand(t, "env", "GOROOT")))
	files := testdata(t, filepath.Join(goroot, "src"), "go/src")
	for _, group := range distinct(packages) {
		dir := t.TempDir()
		goCommand(t, append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", dir + "/"}, group...)...)
		for _, path := range group {
			p := standardPackage{path: path}
			program, err := os.ReadFile(filepath.Join(dir, binary(p)))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, cpio.File{Name: sourceDir(p) + "/" + binary(p), Mode: 0o755, Data: program})
			files = append(files, testdata(t, filepath.Join(goroot, "src", path), sourceDir(p))...)
		}
	}
	archive, err := cpio.Archive(files)
	if err != nil {
		t.Fatal(err)
	}
	return boot.File{Name: "tests.cpio", Data: archive}
}

// distinct groups the packages so that one go command can compile each group into
// one directory: sync/atomic and internal/runtime/atomic have the same program's name.
func distinct(packages []standardPackage) (groups [][]string) {
	count := map[string]int{}
	for _, p := range packages {
		i := count[binary(p)]
		count[binary(p)]++
		if i == len(groups) {
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], p.path)
	}
	return groups
}

// testdata returns the files in dir's testdata, if it has one, as those of guestDir.
func testdata(t *testing.T, dir, guestDir string) (files []cpio.File) {
	t.Helper()
	source := os.DirFS(dir)
	if _, err := fs.Stat(source, "testdata"); err != nil {
		return nil
	}
	err := fs.WalkDir(source, "testdata", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(source, name)
		files = append(files, cpio.File{Name: path.Join(guestDir, name), Mode: 0o644, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// goCommand runs the go command for the guest's kind of machine: the oldest architecture, whatever the user's default
// is, because the software CPU is one of those.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return out
}
