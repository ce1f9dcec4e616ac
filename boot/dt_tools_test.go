package boot

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// bindings are the schemas of Linux that the machine's devicetree has to meet,
// the ones that they refer to included.
var bindings = []string{
	"arm/cpus.yaml",
	"arm/linux,dummy-virt.yaml",
	"arm/primecell.yaml",
	"arm/psci.yaml",
	"clock/fixed-clock.yaml",
	"gpio/pl061-gpio.yaml",
	"input/gpio-keys.yaml",
	"input/input.yaml",
	"interrupt-controller/arm,gic-v3.yaml",
	"interrupt-controller/arm,gic.yaml",
	"rtc/arm,pl031.yaml",
	"rtc/rtc.yaml",
	"serial/pl011.yaml",
	"serial/serial.yaml",
	"timer/arm,arch_timer.yaml",
	"vendor-prefixes.yaml",
	"virtio/mmio.yaml",
}

// blobs writes the blob of every machine shape, as a start fills it, to a
// directory and returns the paths.
func blobs(t *testing.T) []string {
	dir := t.TempDir()
	var paths []string
	for name, m := range machines(t) {
		plan, err := Prepare(Config{
			Machine:     m,
			Kernel:      File{"Image", makeImage(image{})},
			Initrds:     []File{{"initrd", []byte("070701")}},
			CommandLine: "console=ttyAMA0",
			KASLR:       true,
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		blob, err := plan.Blob()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join(dir, strings.NewReplacer(" ", "-", ",", "").Replace(name)+".dtb")
		if err := os.WriteFile(path, blob, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	sort.Strings(paths)
	return paths
}

// lookPath finds a tool, or skips the test and says which package has it.
func lookPath(t *testing.T, tool, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("%s is not installed (Debian package %s)", tool, pkg)
	}
	return path
}

func TestDTCHasNothingToSay(t *testing.T) {
	dtc := lookPath(t, "dtc", "device-tree-compiler")
	for _, path := range blobs(t) {
		// Version 1.6.1 alone wants #address-cells in every interrupt
		// controller; the binding of the PL061 does not allow it.
		out, err := exec.Command(dtc, "-Idtb", "-Odts", "-o", os.DevNull, "-Wno-interrupt_provider", path).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: dtc: %v\n%s", filepath.Base(path), err, out)
		}
	}
}

func TestBindingsHaveNothingToSay(t *testing.T) {
	mkSchema := lookPath(t, "dt-mk-schema", "dt-schema")
	validate := lookPath(t, "dt-validate", "dt-schema")
	schema := filepath.Join(t.TempDir(), "schema.json")
	args := append([]string{"-j", "-o", schema}, unpackBindings(t)...)
	if out, err := exec.Command(mkSchema, args...).CombinedOutput(); err != nil {
		t.Fatalf("dt-mk-schema: %v\n%s", err, out)
	}
	// -m names nodes with a compatible string that no schema knows.
	out, err := exec.Command(validate, append([]string{"-m", "-s", schema}, blobs(t)...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("dt-validate: %v\n%s", err, out)
	}
}

// unpackBindings finds the kernel's bindings and returns the files, unpacked.
// Where packages are installed without their documents, as container images
// do it, MINIBOOT_BINDINGS names the directory after a dpkg-deb -x.
func unpackBindings(t *testing.T) []string {
	where := os.Getenv("MINIBOOT_BINDINGS")
	if where == "" {
		where = "/usr/share/doc/linux-doc-*/Documentation/devicetree/bindings"
	}
	found, _ := filepath.Glob(where)
	if len(found) == 0 {
		t.Skipf("the bindings of Linux are not in %s (Debian package linux-doc-6.1, 37 MB)", where)
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range bindings {
		packed, err := os.ReadFile(filepath.Join(found[0], name+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}
