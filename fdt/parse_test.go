package fdt

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseGolden(t *testing.T) {
	got, err := Parse(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(small(), got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

// TestParseRefuses changes one word of the golden blob at a time.
func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		off  int
		word uint32
		want string
	}{
		{"magic", 0x00, 0x27051956, "magic is 0x27051956"},
		{"totalsize above the file", 0x04, 0xbc, "cut short"},
		{"totalsize below the header", 0x04, 0x27, "less than the header"},
		{"totalsize huge", 0x04, 0xffffffff, "at most 0x200000"},
		{"structure unaligned", 0x08, 0x4a, "multiple of 4"},
		{"structure in the header", 0x08, 0x20, "outside the blob"},
		{"structure outside", 0x08, 0xfffffffc, "outside the blob"},
		{"strings outside", 0x0c, 0xa5, "outside the blob"},
		{"reservations unaligned", 0x10, 0x2c, "multiple of 8"},
		{"reservations outside", 0x10, 0xc0, "outside the blob"},
		{"reservations without end", 0x10, 0xb8, "no end"},
		{"version 16", 0x14, 16, "version 16"},
		{"version 18 only", 0x18, 18, "compatible down to 18"},
		{"strings size", 0x20, 0x18, "outside the blob"},
		{"structure size", 0x24, 0xfffffff0, "outside the blob"},
		{"structure size small", 0x24, 0x10, "in the middle"},
		{"no root", 0x48, tokenEnd, "want the root's FDT_BEGIN_NODE"},
		{"named root", 0x4c, 0x61000000, `root node has the name "a"`},
		{"unknown token", 0x50, 5, "token 0x5 at 0x50"},
		{"property too long", 0x54, 0x100, "only 0x48 are left"},
		{"property size wraps", 0x54, 0xffffffff, "only 0x48 are left"},
		{"property name outside", 0x58, 0x17, "strings block"},
		{"property name far outside", 0x58, 0xffffffff, "strings block"},
		{"property name empty", 0x58, 0x0e, "without a name"},
		{"property twice", 0x68, 0x00, "twice"},
		{"node name with a slash", 0x70, 0x6e2f3100, `has '/'`},
		{"node name runs on", 0x70, 0x6e403132, "name at 0xaabbcc00"},
		{"property after a child", 0x9c, tokenProp, "after a child"},
		{"end in the middle", 0x98, tokenEnd, "token 0x9 at 0x98"},
		{"more after the root", 0xa0, tokenBeginNode, "want FDT_END"},
	} {
		blob := bytes.Clone(golden)
		binary.BigEndian.PutUint32(blob[tt.off:], tt.word)
		_, err := Parse(blob)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: word at 0x%x set to 0x%x: error %v, want one with %q", tt.name, tt.off, tt.word, err, tt.want)
		}
	}
}

func TestParseCutShort(t *testing.T) {
	for n := range golden {
		if _, err := Parse(golden[:n]); err == nil {
			t.Errorf("the first %d bytes parse, want an error", n)
		}
	}
}

func TestParseSkipsNopAndTrailingBytes(t *testing.T) {
	blob := append(bytes.Clone(golden), "behind the blob"...)
	blob[offLastCompVersion+3] = version
	// The property "cells" is three words: blot it out, as §5.4.1 has it.
	for off := 0x60; off < 0x6c; off += 4 {
		binary.BigEndian.PutUint32(blob[off:], tokenNop)
	}
	want := small()
	want.Root.Delete("cells")
	got, err := Parse(blob)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

// dtc runs the devicetree compiler, or skips the test where there is none.
func dtc(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("dtc")
	if err != nil {
		t.Skip("dtc is not installed (Debian package device-tree-compiler): blobs are not compared with its own")
	}
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, in, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, append(args, "-q", name)...).Output()
	if err != nil {
		t.Fatalf("dtc %v: %v, input:\n%s", args, err, in)
	}
	return out
}

const source = `/dts-v1/;
/memreserve/ 0x1000 0x2000;
/memreserve/ 0x80000000 0x1;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	cells = <1>;
	compatible = "a", "b\"c\\d";
	ranges;
	mac = [01 02 03];
	zero = [00];
	two-empty-strings = "", "";
	n {
		reg-names = "q";
		names = "z";
		m@1 {
			reg = <0 1 0 2>;
			link = <&{/n}>;
		};
	};
	__symbols__ {
		n = "/n";
	};
};
`

func TestSameBytesAsDTC(t *testing.T) {
	want := dtc(t, []byte(source), "-Idts", "-Odtb")
	tree, err := Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tree.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Marshal of what dtc made (-dtc +got):\n%s", diff)
	}
	again := dtc(t, []byte(tree.String()), "-Idts", "-Odtb")
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("dtc of the printed source (-want +got):\n%s\nsource:\n%s", diff, tree)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(golden)
	f.Fuzz(func(t *testing.T, blob []byte) {
		first, err := Parse(blob)
		if err != nil {
			return
		}
		out, err := first.Marshal()
		if err != nil {
			// Tails that the input shares and dtc's order does not can
			// make the output larger than the input.
			if strings.Contains(err.Error(), "at most") {
				return
			}
			t.Fatalf("parsed, but does not marshal: %v", err)
		}
		second, err := Parse(out)
		if err != nil {
			t.Fatalf("marshalled, but does not parse: %v", err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("parse, marshal, parse (-first +second):\n%s", diff)
		}
		_ = first.String()
	})
}
