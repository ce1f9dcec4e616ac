package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/miniboot-vmm/miniboot/boot/cpio"
)

//go:embed programs.sh
var programsInit []byte

// busyboxArchive makes the initramfs of busybox, whose init is programs.sh.
func (b *bench) busyboxArchive() (path string, err error) {
	busybox, err := os.ReadFile(b.kernel("busybox"))
	if err != nil {
		return "", fmt.Errorf("%w; fetch-kernels.sh fetches it", err)
	}
	return b.writeArchive("busybox.cpio", []cpio.File{
		{Name: "init", Mode: 0o755, Data: programsInit},
		{Name: "bin/busybox", Mode: 0o755, Data: busybox},
		{Name: "proc", Mode: os.ModeDir | 0o755},
		{Name: "dev", Mode: os.ModeDir | 0o755},
		{Name: "tmp", Mode: os.ModeDir | 0o755},
	})
}

// titles are the rows of what programs.sh measures, by its names.
var titles = map[string]string{
	"md5sum":    "md5sum of 96 MiB",
	"sha512sum": "sha512sum of 32 MiB",
	"gzip":      "gzip of 7 MiB",
	"awk":       "awk, 400,000 rounds with doubles",
	"fork":      "500 times fork and exec",
	"shell":     "a shell loop of 200,000 rounds",
	"tmpfs":     "64 MiB written, copied, compared in tmpfs",
	"parallel":  "two sha512sum of 128 MiB",
	"pipes":     "the same through pipes",
}

// preparePrograms runs the seven programs one after the other in one guest.
func preparePrograms(b *bench) (run, error) {
	initrd, err := b.busyboxArchive()
	s := spec{kernel: b.kernel("bookworm-cloud.vmlinuz"), initrd: initrd, append: "quiet beside=programs"}
	return func(m machine) ([]figure, error) { return b.runPrograms(m, s, "the seven programs", "") }, err
}

// prepareParallel runs two programs at once, with one CPU and with two.
func prepareParallel(b *bench) (run, error) {
	initrd, err := b.busyboxArchive()
	s := spec{kernel: b.kernel("bookworm-cloud.vmlinuz"), initrd: initrd, append: "quiet beside=parallel"}
	return func(m machine) ([]figure, error) {
		s.cpus = 1
		one, err := b.runPrograms(m, s, titles["parallel"], ", 1 CPU")
		if err != nil {
			return nil, err
		}
		s.cpus = 2
		two, err := b.runPrograms(m, s, titles["parallel"], ", 2 CPUs")
		if err != nil {
			return nil, err
		}
		return append(append(one, two...), overOne(one, two)...), nil
	}, err
}

// overOne returns the times of programs with two CPUs over those with one. Of the pairs of figures, the first is the
// guest's time.
func overOne(one, two []figure) (figures []figure) {
	for i := 0; i+1 < len(one); i += 2 {
		name := strings.TrimSuffix(one[i].name, ", 1 CPU") + ", time with 2 CPUs over that with 1"
		figures = append(figures, figure{name: name, value: two[i].value / one[i].value})
	}
	return figures
}

// runPrograms boots a guest whose init is programs.sh and returns the figures of what it measures. The names of the
// rows end in suffix, the row of the memory is called all.
func (b *bench) runPrograms(m machine, s spec, all, suffix string) (figures []figure, err error) {
	g, err := b.boot(m, s)
	if err != nil {
		return nil, err
	}
	defer g.stop()
	var before float64
	for {
		line, err := g.line()
		if err != nil {
			return nil, err
		}
		_, event, ok := strings.Cut(line, "beside: ")
		cpu, cpuErr := g.cpuSeconds()
		switch {
		case cpuErr != nil:
			return nil, cpuErr
		case !ok:
		case event == "done":
			peak, err := g.peakMiB()
			return append(figures, figure{name: all + suffix + ", peak memory", value: peak, unit: "MiB"}), err
		case strings.HasPrefix(event, "begin "):
			before = cpu
		default:
			p, err := parseProgram(event)
			if err != nil {
				return nil, err
			}
			title := titles[p.name] + suffix
			figures = append(figures, figure{title, p.end - p.start, "s", p.hash},
				figure{name: title + ", host's CPU", value: cpu - before, unit: "s"})
		}
	}
}

// A program is one that has run.
type program struct {
	name       string
	start, end float64 // seconds since the guest's boot
	hash       string  // of what it has printed
}

// parseProgram reads what programs.sh prints at the end of a program.
func parseProgram(event string) (p program, err error) {
	_, err = fmt.Sscanf(event, "end %s %f %f %s", &p.name, &p.start, &p.end, &p.hash)
	if err == nil && titles[p.name] == "" {
		err = errors.New("no title for the program")
	}
	if err != nil {
		return p, fmt.Errorf("%q of programs.sh: %w", event, err)
	}
	return p, nil
}
