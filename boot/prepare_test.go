package boot

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// property reads one back from a plan's blob, as devicetree source.
func property(t *testing.T, p *Plan, path, name string) string {
	t.Helper()
	blob, err := p.Blob()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := fdt.Parse(blob)
	if err != nil {
		t.Fatal(err)
	}
	n := tree.Find(path)
	if n == nil {
		t.Fatalf("no node %s in\n%s", path, tree)
	}
	v, ok := n.Get(name)
	if !ok {
		return "none"
	}
	return v.String()
}

// loaded returns what a segment puts into memory.
func loaded(t *testing.T, s Segment) []byte {
	t.Helper()
	data := make([]byte, s.Size)
	if err := s.Load(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPrepare(t *testing.T) {
	img := makeImage(image{textOffset: 0x8_0000})
	path := filepath.Join(t.TempDir(), "initrd")
	if err := os.WriteFile(path, []byte("070701, from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := Prepare(Config{
		Machine:     Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3},
		Kernel:      mustFile("Image.gz", makeGzip(img)),
		Initrds:     []File{mustFile("first", []byte("070701abc")), {Name: path}},
		CommandLine: `console=ttyAMA0 init="/bin/sh"`,
	})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Entry != 0x28_0000 || plan.Format != "arm64 Image in gzip" {
		t.Errorf("entry 0x%x of %q, want 0x280000 of an arm64 Image in gzip", plan.Entry, plan.Format)
	}
	segments, err := plan.Segments()
	if err != nil {
		t.Fatal(err)
	}
	type segment struct {
		Name string
		Addr uint64
		Data []byte
	}
	var got []segment
	for _, s := range segments {
		got = append(got, segment{s.Name, s.Addr, loaded(t, s)})
	}
	want := []segment{
		{"kernel", 0x28_0000, img},
		{"devicetree", 0x3e0_0000, got[1].Data},
		{"initrd", 0x3ff_0000, []byte("070701abc\x00\x00\x00\x00\x00\x00\x00070701, from a file")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"bootargs":           `"console=ttyAMA0 init=\"/bin/sh\""`,
		"linux,initrd-start": "<0x3ff0000>",
		"linux,initrd-end":   "<0x3ff0023>",
		"stdout-path":        `"/serial@40020000"`,
		"kaslr-seed":         "none",
	} {
		if got := property(t, plan, "/chosen", name); got != want {
			t.Errorf("chosen: %s = %s, want %s", name, got, want)
		}
	}
}

func TestNoInitrd(t *testing.T) {
	plan, err := Prepare(Config{
		Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3},
		Kernel:  mustFile("Image", makeImage(image{})),
	})
	if err != nil {
		t.Fatal(err)
	}
	segments, err := plan.Segments()
	if err != nil || len(segments) != 2 {
		t.Errorf("%d segments, error %v, want kernel and devicetree", len(segments), err)
	}
	for _, name := range []string{"linux,initrd-start", "linux,initrd-end"} {
		if got := property(t, plan, "/chosen", name); got != "none" {
			t.Errorf("chosen: %s = %s, want none", name, got)
		}
	}
}

func TestLongestCommandLine(t *testing.T) {
	for n, ok := range map[int]bool{2047: true, 2048: false} {
		if err := checkCommandLine(strings.Repeat("x", n)); (err == nil) != ok {
			t.Errorf("%d bytes: error %v, want it taken: %t", n, err, ok)
		}
	}
}

// TestSeeds checks that each start gets seeds of its own, in a blob of the same size.
func TestSeeds(t *testing.T) {
	plan, err := Prepare(Config{
		Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3},
		Kernel:  mustFile("Image", makeImage(image{})),
		KASLR:   true,
		Rand:    strings.NewReader(strings.Repeat("?", 40) + strings.Repeat("A", 32) + strings.Repeat("B", 8) + strings.Repeat("C", 40)),
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := plan.Blob()
	if err != nil {
		t.Fatal(err)
	}
	second, err := plan.Blob()
	if err != nil {
		t.Fatal(err)
	}
	for text, in := range map[string][]byte{
		strings.Repeat("A", 32): first, strings.Repeat("B", 8): first, strings.Repeat("C", 32): second,
	} {
		if !bytes.Contains(in, []byte(text)) {
			t.Errorf("no %q in the blob", text)
		}
	}
	if len(first) != len(second) || uint64(len(first)) != plan.DTB.Size {
		t.Errorf("blobs of %d and %d bytes, want the %d that were placed", len(first), len(second), plan.DTB.Size)
	}
}

// TestUserBlob checks that everything in the user's blob is kept except memory and /chosen.
func TestUserBlob(t *testing.T) {
	user := func(edit func(root *fdt.Node)) []byte {
		tree := fdt.New()
		tree.Reserved = []fdt.Reservation{{Address: 0x1000, Size: 0x1000}}
		memory := tree.Root.Add("memory") // without a unit address, as old blobs have it
		memory.Set("device_type", fdt.Strings("memory"))
		tree.Root.Add("memory-controller@0").Set("status", fdt.Strings("okay"))
		edit(tree.Root)
		blob, err := tree.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return blob
	}
	cells := func(address, size uint32) func(*fdt.Node) {
		return func(root *fdt.Node) {
			root.Set("#address-cells", fdt.U32(address))
			root.Set("#size-cells", fdt.U32(size))
		}
	}
	chosen := func(root *fdt.Node) {
		c := root.Add("chosen")
		c.Set("bootargs", fdt.Strings("theirs"))
		c.Set("stdout-path", fdt.Strings("/their/uart"))
		c.Set("linux,initrd-start", fdt.U32(1))
		c.Set("linux,initrd-end", fdt.U32(2))
		c.Set("kaslr-seed", fdt.U64(3))
	}
	const ours = "ours"
	for _, tt := range []struct {
		name string
		blob []byte
		ram  uint64 // MiB
		line string
		want map[string]string
		err  string
	}{
		{"two cells", user(cells(2, 2)), 3072, ours, map[string]string{
			"/memory@0 reg": "<0x0 0x0 0x0 0x40000000>", "/memory@80000000 reg": "<0x0 0x80000000 0x0 0x80000000>"}, ""},
		{"one cell", user(cells(1, 1)), 512, ours, map[string]string{"/memory@0 reg": "<0x0 0x20000000>"}, ""},
		{"the specification's default cells", user(func(*fdt.Node) {}), 512, ours, map[string]string{"/memory@0 reg": "<0x0 0x0 0x20000000>"}, ""},
		{"rest is kept", user(chosen), 512, ours, map[string]string{
			"/memory-controller@0 status": `"okay"`, "/chosen stdout-path": `"/their/uart"`}, ""},
		{"chosen is ours", user(chosen), 512, ours, map[string]string{
			"/chosen bootargs": `"ours"`, "/chosen linux,initrd-start": "none", "/chosen kaslr-seed": "none"}, ""},
		{"their command line stays if there is none", user(chosen), 512, "", map[string]string{"/chosen bootargs": `"theirs"`}, ""},
		{"memory without a device_type", user(func(root *fdt.Node) { root.Add("memory@0") }), 512, ours, map[string]string{"/memory@0 reg": "<0x0 0x0 0x20000000>"}, ""},
		{"one cell, 8 GiB", user(cells(1, 1)), 8192, ours, nil, "boot: devicetree my.dtb: memory [0x80000000-0x240000000) needs two cells: set the root's #address-cells and #size-cells to <2>"},
		{"three cells", user(cells(3, 1)), 512, ours, nil, "the root's #address-cells is <0x3>, want <1> or <2>"},
		{"no cells", user(cells(2, 0)), 512, ours, nil, "the root's #size-cells is <0x0>, want <1> or <2>"},
		{"cut short", user(chosen)[:100], 512, ours, nil, "boot: devicetree my.dtb: fdt: totalsize is"},
	} {
		dtb := mustFile("my.dtb", tt.blob)
		plan, err := Prepare(Config{
			Machine:     Machine{CPUs: 1, RAM: testRAM(t, tt.ram), GIC: 3},
			Kernel:      mustFile("Image", makeImage(image{})),
			CommandLine: tt.line,
			DTB:         &dtb,
		})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if plan.Tree().Find("/memory") != nil || len(plan.Tree().Reserved) != 1 {
			t.Errorf("%s: old memory node or no reservation in\n%s", tt.name, plan.Tree())
		}
		for at, want := range tt.want {
			path, name, _ := strings.Cut(at, " ")
			if got := property(t, plan, path, name); got != want {
				t.Errorf("%s: %s = %s, want %s", tt.name, at, got, want)
			}
		}
	}
}

// TestPipe reads a kernel from a file that does not know its size.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { // ended by the reader below, which takes all
		w.Write(makeImage(image{}))
		w.Close()
	}()
	got, err := readAll(r, 0, maxFile)
	if err != nil || !bytes.Equal(got, makeImage(image{})) {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
}

// A pipe may be longer than what it is given as, and then not all of it is read.
func TestLongPipe(t *testing.T) {
	f := pipe(t, strings.Repeat("x", maxDTB+1))
	if f.Data != nil {
		t.Skip("skipped: no path to a pipe here")
	}
	_, err := readDTB(f, testRAM(t, 64))
	if want := "boot: devicetree " + f.Name + ": what comes from it is too long: more than 0x200000 bytes: give a file that is one"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Bytes of a character device may have no end, and are not read.
func TestCharacterDevice(t *testing.T) {
	f := File{Name: os.DevNull}
	for _, c := range []struct {
		role string
		give func(c *Config)
	}{
		{roleKernel, func(c *Config) { c.Kernel = f }},
		{roleInitrd, func(c *Config) { c.Initrds = []File{f} }},
		{roleDTB, func(c *Config) { c.DTB = &f }},
	} {
		config := Config{Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3}, Kernel: mustFile("Image", makeImage(image{}))}
		c.give(&config)
		_, err := Prepare(config)
		if want := "boot: " + c.role + " " + os.DevNull + ": is a character device: give a file or a pipe"; err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", c.role, err, want)
		}
	}
}
