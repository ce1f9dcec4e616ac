package hvf

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The tables under testdata/abi are the C interface as data. The tests hold the
// Go code against them in both directions, and the strict fake is compiled with
// prototypes made from them.

// cParam is a parameter of a C function.
type cParam struct {
	typ     string // without const
	stars   int
	array   int // elements, if it is declared as an array
	isConst bool
	name    string
}

// cFunc is a row of functions.txt.
type cFunc struct {
	ret, name, thread string
	params            []cParam
	since             MacOS
}

// cConst is a row of constants.txt, ranges expanded.
type cConst struct {
	typ, name string
	value     uint64
	since     MacOS
}

// readTable returns the fields of a table's rows.
func readTable(t *testing.T, name string, fields int) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "abi", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows [][]string
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		row := strings.Split(s.Text(), "\t")
		if len(row) != fields {
			t.Fatalf("%s: row %q has %d fields, want %d", name, s.Text(), len(row), fields)
		}
		rows = append(rows, row)
	}
	return rows
}

var (
	prototype = regexp.MustCompile(`^(\w+) (\w+)\((.*)\)$`)
	parameter = regexp.MustCompile(`^(const )?(\w+) (\**)(\w+)(?:\[(\d+)\])?$`)
	rangeName = regexp.MustCompile(`^(\w+)\{(\d+)\.\.(\d+)\}$`)
)

func parseVersion(t *testing.T, s string) MacOS {
	t.Helper()
	if s == "-" { // libSystem: always there
		return MacOS{11, 0}
	}
	var v MacOS
	if _, err := fmt.Sscanf(s, "%d.%d", &v.Major, &v.Minor); err != nil {
		t.Fatalf("version %q: %v", s, err)
	}
	return v
}

func tableFunctions(t *testing.T) []cFunc {
	t.Helper()
	var list []cFunc
	for _, row := range readTable(t, "functions.txt", 3) {
		m := prototype.FindStringSubmatch(row[0])
		if m == nil {
			t.Fatalf("functions.txt: prototype %q", row[0])
		}
		f := cFunc{ret: m[1], name: m[2], thread: row[1], since: parseVersion(t, row[2])}
		if m[3] != "void" {
			for _, p := range strings.Split(m[3], ", ") {
				pm := parameter.FindStringSubmatch(p)
				if pm == nil {
					t.Fatalf("functions.txt: parameter %q of %s", p, f.name)
				}
				n, _ := strconv.Atoi(pm[5])
				f.params = append(f.params, cParam{isConst: pm[1] != "", typ: pm[2], stars: len(pm[3]), name: pm[4], array: n})
			}
		}
		list = append(list, f)
	}
	return list
}

func tableConstants(t *testing.T) []cConst {
	t.Helper()
	num := func(s string) uint64 {
		v, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			t.Fatalf("constants.txt: %v", err)
		}
		return v
	}
	var list []cConst
	for _, row := range readTable(t, "constants.txt", 4) {
		since := parseVersion(t, row[3])
		m := rangeName.FindStringSubmatch(row[1])
		if m == nil {
			list = append(list, cConst{row[0], row[1], num(row[2]), since})
			continue
		}
		first, stride, _ := strings.Cut(row[2], "+")
		for i, v := num(m[2]), num(first); i <= num(m[3]); i, v = i+1, v+num(stride) {
			list = append(list, cConst{row[0], fmt.Sprintf("%s%d", m[1], i), v, since})
		}
	}
	return list
}
