package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

func main() {
	var o options
	flag.IntVar(&o.rounds, "n", 3, "run each workload `N` times on each machine")
	flag.StringVar(&o.only, "only", "", "run the workloads whose names match a regular `EXPRESSION`")
	flag.StringVar(&o.engine, "engine", "", "run the machines whose names match a regular `EXPRESSION`: interpreter, translator, QEMU")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Minute, "end a guest that takes longer than a `DURATION`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "beside: %v\n", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	rounds       int
	only, engine string
	timeout      time.Duration
}

// A bench is what workloads share.
type bench struct {
	ctx      context.Context
	timeout  time.Duration // of one guest
	kernels  string        // directory that fetch-kernels.sh has filled
	dir      string        // for files that this run needs, removed at its end
	machines []machine
	table    *table
}

func (o options) run(ctx context.Context) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	engine, err := regexp.Compile(o.engine)
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, timeout: o.timeout, kernels: os.Getenv("MINIBOOT_KERNELS")}
	if b.kernels == "" {
		return errors.New("MINIBOOT_KERNELS names no directory with Debian's kernels: vmm/boottest/fetch-kernels.sh makes one")
	}
	if b.dir, err = os.MkdirTemp("", "miniboot-beside-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.machines, err = b.findMachines(engine); err != nil {
		return err
	}
	b.head()
	b.table = newTable(os.Stdout, b.machines)
	var errs []error
	for _, w := range workloads {
		if only.MatchString(w.name) && ctx.Err() == nil {
			errs = append(errs, b.measure(w, o.rounds))
		}
	}
	fmt.Println("load at the end:", load())
	return errors.Join(errs...)
}

// measure prepares a workload, runs it on the machines in turn and prints its rows.
func (b *bench) measure(w workload, rounds int) error {
	run, err := w.prepare(b)
	if why := skipped(""); errors.As(err, &why) {
		fmt.Printf("%s: skipped: %v\n", w.name, why)
		return nil
	}
	for round := 0; err == nil && round < rounds; round++ {
		for _, m := range b.machines {
			var figures []figure
			if figures, err = run(m); err == nil {
				err = b.table.add(m.name, figures)
			}
			if err != nil {
				err = fmt.Errorf("%s on %s: %w", w.name, m.name, err)
				break
			}
		}
	}
	b.table.flush()
	return err
}

// skipped says why a workload does not run.
type skipped string

func (s skipped) Error() string { return string(s) }

// head prints what the figures depend on.
func (b *bench) head() {
	qemu, _ := exec.CommandContext(b.ctx, "qemu-system-aarch64", "--version").Output()
	qemuVersion, _, _ := strings.Cut(string(qemu), "\n")
	revision, _ := exec.CommandContext(b.ctx, "git", "describe", "--always", "--dirty").Output()
	fmt.Printf("miniboot %s, %s; %s\n", strings.TrimSpace(string(revision)), runtime.Version(), qemuVersion)
	fmt.Printf("host %s/%s, %d CPUs,%s; load %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), load())
}

// file is a path in the directory of this run.
func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }

// kernel is a path in the directory of Debian's kernels.
func (b *bench) kernel(name string) string { return filepath.Join(b.kernels, name) }
