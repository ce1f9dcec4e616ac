package oracle_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

var (
	update = flag.Bool("update", false, "record the vectors again, from QEMU")
	words  = flag.String("words", "", "with -update, `file` of a boot's instruction words, see cmd/bootwords, to record")
)

// recorded is the number of cases in a vector file.
const recorded = 2560

func vectorFile(class string) string {
	return filepath.Join("..", "..", "testdata", "vectors", class+".vec")
}

// TestVectors replays recorded results of QEMU, on machines with and without QEMU. With
// -update it records them first.
func TestVectors(t *testing.T) {
	for i := range oracle.Classes {
		class := &oracle.Classes[i]
		t.Run(class.Name, func(t *testing.T) {
			if *update {
				g := oracle.NewGenerator(class, 2)
				if class.Name != "any" { // which is there to find undefined words
					g.Undefined = undefined
				}
				record(t, g, class.CPU, vectorFile(class.Name))
			}
			replay(t, vectorFile(class.Name))
		})
	}
}

// TestVectorsBoot is TestVectors for instructions that a boot of Linux and its userland has
// executed.
func TestVectorsBoot(t *testing.T) {
	file := vectorFile("boot")
	if *update && *words != "" {
		list, err := oracle.ReadWords(*words)
		if err != nil {
			t.Fatal(err)
		}
		record(t, oracle.NewWordsGenerator(list, 2), "", file)
	}
	replay(t, file)
}

func record(t *testing.T, g *oracle.Generator, cpu, file string) {
	o, err := oracle.Start(oracle.Options{CPU: cpu})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	cases := make([]oracle.Case, recorded)
	for i := range cases {
		cases[i] = g.Next()
	}
	results, err := o.Run(cases)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := oracle.WriteVectors(&b, cases, results); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func undefined(w uint32) bool { return a64.Decode(w).Code == a64.Undefined }

func replay(t *testing.T, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases, want, err := oracle.ReadVectors(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != recorded {
		t.Errorf("%d cases in %s, want %d: record them again with -update", len(cases), file, recorded)
	}
	for _, e := range engines() {
		check(t, e, cases, want)
	}
}

// check runs the cases on an engine.
func check(t *testing.T, e softcpu.Engine, cases []oracle.Case, want []oracle.Result) {
	got, err := newMachine(t, e).Run(cases)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := range cases {
		text := oracle.Compare(&cases[i], got[i], want[i])
		if text == "" {
			continue
		}
		if found++; found <= 5 {
			t.Errorf("%v, case %d:\n%v", e, i, oracle.Difference{Case: cases[i], Got: got[i], Want: want[i], Text: text})
		}
	}
	if found > 5 {
		t.Errorf("%v: %d of %d cases differ", e, found, len(cases))
	}
}

// TestVectorsRoundTrip checks that the reader returns what the writer wrote.
func TestVectorsRoundTrip(t *testing.T) {
	g := oracle.NewGenerator(oracle.FindClass("simdstruct"), 3)
	cases := make([]oracle.Case, 100)
	for i := range cases {
		cases[i] = g.Next()
	}
	results, err := newMachine(t, softcpu.Auto).Run(cases)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := oracle.WriteVectors(&b, cases, results); err != nil {
		t.Fatal(err)
	}
	gotCases, gotResults, err := oracle.ReadVectors(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		if d := oracle.Diff(gotResults[i], results[i]); d != "" {
			t.Errorf("result %d: %s", i, d)
		}
		in, wantIn := oracle.Result{State: gotCases[i].In}, oracle.Result{State: cases[i].In}
		if d := oracle.Diff(in, wantIn); d != "" {
			t.Errorf("case %d: %s", i, d)
		}
	}
}
