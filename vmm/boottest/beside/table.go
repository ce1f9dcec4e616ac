package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// A figure is what one run has measured.
type figure struct {
	name  string
	value float64
	unit  string // of a rate it ends in /s
	// output has to be the same on every machine.
	output string
}

// better says whether a is a better value than b.
func (f figure) better(a, b float64) bool {
	if strings.HasSuffix(f.unit, "/s") {
		return a > b
	}
	return a < b
}

// A table collects the figures of a workload and prints them: a row each, a column for each machine.
type table struct {
	w       io.Writer
	columns []string
	rows    []*row
}

type row struct {
	figure                    // the first one seen
	by     string             // the machine that it is from
	best   map[string]float64 // by machine
}

func newTable(w io.Writer, machines []machine) *table {
	t := &table{w: w}
	for _, m := range machines {
		t.columns = append(t.columns, m.name)
	}
	t.print("", "", t.columns, "translator/QEMU")
	return t
}

// add takes the figures of one run on a machine. An output that differs from another machine's is an error.
func (t *table) add(machine string, figures []figure) error {
	for _, f := range figures {
		r := t.row(machine, f)
		if f.output != r.output {
			return fmt.Errorf("wrong output of %s: %q, and %q on %s", f.name, f.output, r.output, r.by)
		}
		if old, ok := r.best[machine]; !ok || f.better(f.value, old) {
			r.best[machine] = f.value
		}
	}
	return nil
}

// row finds the row of a figure, or starts one.
func (t *table) row(machine string, f figure) *row {
	for _, r := range t.rows {
		if r.name == f.name && r.unit == f.unit {
			return r
		}
	}
	r := &row{f, machine, map[string]float64{}}
	t.rows = append(t.rows, r)
	return r
}

// flush prints the rows and forgets them.
func (t *table) flush() {
	for _, r := range t.rows {
		var values []string
		for _, c := range t.columns {
			values = append(values, format(r.best, c))
		}
		ratio := map[string]float64{}
		if q := r.best["QEMU"]; q != 0 && r.best["translator"] != 0 {
			ratio["ratio"] = r.best["translator"] / q
		}
		t.print(r.name, r.unit, values, format(ratio, "ratio"))
	}
	t.rows = nil
}

func (t *table) print(name, unit string, values []string, ratio string) {
	fmt.Fprintf(t.w, "%-56s %-5s", name, unit)
	for _, v := range values {
		fmt.Fprintf(t.w, " %12s", v)
	}
	fmt.Fprintf(t.w, " %16s\n", ratio)
}

// format prints three digits, or all before the point.
func format(values map[string]float64, key string) string {
	v, ok := values[key]
	if !ok {
		return "-"
	}
	digits := 2
	if v != 0 {
		digits = max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	}
	return fmt.Sprintf("%.*f", min(digits, 3), v)
}
