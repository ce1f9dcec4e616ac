// Difftest compares the software CPU with qemu-aarch64 on random instruction
// sequences, for as long as it is told to.
//
//	go run ./softcpu/internal/oracle/cmd/difftest -class fp,simdfp -n 10000000 -seed 7
//
// It prints each difference, reduced to one instruction if possible. For each class it prints
// what it ran and how fast. The exit status is 1 if there was a difference.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

var (
	classes = flag.String("class", "all", "instruction classes, separated by commas")
	n       = flag.Int("n", 100_000, "cases of each class")
	seed    = flag.Uint64("seed", 1, "seed of the random numbers")
	limit   = flag.Int("max", 10, "differences after which to leave a class")
	cpu     = flag.String("cpu", "", "QEMU's CPU model; the default depends on the class")
	repeat  = flag.Int("repeat", 4, "states from which each sequence of words starts")
	engine  = flag.String("engine", "auto", "of the software CPU: "+strings.Join(softcpu.EngineNames(), ", "))
	words   = flag.String("words", "", "`file` of instruction words, see command bootwords, to draw from instead of classes")
)

func main() {
	flag.Parse()
	runtime.LockOSThread()  // for the vCPU
	debug.SetGCPercent(800) // results are large and die young
	differ, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "difftest:", err)
		os.Exit(2)
	}
	if differ {
		os.Exit(1)
	}
}

// run reports whether anything differed.
func run() (bool, error) {
	if *words != "" {
		list, err := oracle.ReadWords(*words)
		if err != nil {
			return false, err
		}
		return compare("words", "", oracle.NewWordsGenerator(list, *seed))
	}
	var differ bool
	for i := range oracle.Classes {
		c := &oracle.Classes[i]
		if !selected(c.Name) {
			continue
		}
		d, err := compare(c.Name, c.CPU, oracle.NewGenerator(c, *seed))
		if err != nil {
			return false, err
		}
		differ = differ || d
	}
	return differ, nil
}

func selected(name string) bool {
	if *classes == "all" {
		return true
	}
	for _, c := range strings.Split(*classes, ",") {
		if c == name {
			return true
		}
	}
	return false
}

// compare runs *n cases of g, and reports whether any differed.
func compare(name, model string, g *oracle.Generator) (differ bool, err error) {
	if *cpu != "" {
		model = *cpu
	}
	o, err := oracle.Start(oracle.Options{CPU: model})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	e, err := softcpu.ParseEngine(*engine)
	if err != nil {
		return false, err
	}
	m, err := oracle.NewMachine(softcpu.New(softcpu.Config{Engine: e}))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()

	if name != "any" && name != "words" { // undefined words are normal in these two
		g.Undefined = func(w uint32) bool { return a64.Decode(w).Code == a64.Undefined }
	}
	g.Repeat = *repeat
	start := time.Now()
	d := oracle.Differ{Got: m, Want: o, Signals: map[int]int{}}
	done, found := 0, 0
	stop := make(chan struct{})
	batches := generate(g, stop)
	for done < *n && found < *limit {
		cases := <-batches
		diffs, err := d.Run(cases)
		if err != nil {
			return false, err
		}
		for _, x := range diffs {
			if x, err = d.Minimize(x); err != nil {
				return false, err
			}
			fmt.Printf("%s seed 0x%x:\n%v\n", name, x.Case.Seed, x)
			if found++; found == *limit {
				break
			}
		}
		done += len(cases)
	}
	close(stop)
	for range batches { // until the generator has ended
	}
	rate := float64(done) / time.Since(start).Seconds()
	fmt.Printf("%-10s %9d cases, %6.0f/s, %d differences, signals %v, excluded %v\n", name, done, rate, found, d.Signals, g.Excluded)
	return found > 0, nil
}

// generate makes batches of cases in advance until stop is closed. Then it closes the
// channel.
func generate(g *oracle.Generator, stop <-chan struct{}) <-chan []oracle.Case {
	batches := make(chan []oracle.Case, 2)
	go func() {
		defer close(batches)
		for {
			cases := make([]oracle.Case, 16*oracle.Slots)
			for i := range cases {
				cases[i] = g.Next()
			}
			select {
			case batches <- cases:
			case <-stop:
				return
			}
		}
	}()
	return batches
}
