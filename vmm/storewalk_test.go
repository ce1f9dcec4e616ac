package vmm

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/gic"
	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// A step of the walk names a file and functions in it, in the order of their
// calls: `vmm/exits.go`, `handle`, `handleException`.
var walkStep = regexp.MustCompile("(?m)^[0-9]+\\. `([a-z0-9_/]+\\.go)`((?:, `\\w+`)+):")

// readWalk reads the numbered list under the heading "A store, followed", as
// "file function" for each function.
func readWalk(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## A store, followed\n")
	section, _, _ = strings.Cut(section, "\n## ")
	items := regexp.MustCompile(`(?m)^[0-9]+\. `).FindAllString(section, -1)
	steps := walkStep.FindAllStringSubmatch(section, -1)
	if len(steps) == 0 || len(steps) != len(items) {
		t.Fatalf("%d of %d steps name a file and its functions", len(steps), len(items))
	}
	var walk []string
	for _, s := range steps {
		for _, function := range names(s[2]) {
			walk = append(walk, s[1]+" "+function)
		}
	}
	return walk
}

// TestWalkExists checks that each function of the walk is in the file that the
// walk names.
func TestWalkExists(t *testing.T) {
	for _, call := range readWalk(t) {
		file, function, _ := strings.Cut(call, " ")
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(file)), nil, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		if !slices.ContainsFunc(parsed.Decls, func(d ast.Decl) bool {
			f, ok := d.(*ast.FuncDecl)
			return ok && f.Name.Name == function
		}) {
			t.Errorf("%s declares no %s", file, function)
		}
	}
}

// uartGuest unmasks the UART's transmit interrupt, sends a character, which
// raises it, and switches the machine off.
var uartGuest = []uint32{
	0xd2aa0015, // mov x21, #0x50000000
	0xb90016bf, // str wzr, [x21, #0x14] (GICR_WAKER)
	0xd2801e01, // mov x1, #0xf0
	0xd5184601, // msr ICC_PMR_EL1, x1
	0xd2800022, // mov x2, #1
	0xd518cce2, // msr ICC_IGRPEN1_EL1, x2
	0xd2a80054, // mov x20, #0x40020000
	0xd2800403, // mov x3, #0x20
	0xb9003a83, // str w3, [x20, #0x38] (UARTIMSC)
	0xb9000283, // str w3, [x20] (UARTDR)
	0xd2800100, // mov x0, #8
	0xf2b08000, // movk x0, #0x8400, lsl #16
	0xd4000002, // hvc #0 (SYSTEM_OFF)
	0x14000000, // b .
}

// TestWalk compares the walk with the calls that lead from a guest's store to
// the UART to the line of the CPU that it interrupts. What follows the line is not
// on that stack.
func TestWalk(t *testing.T) {
	walk := readWalk(t)
	from := slices.Index(walk, "vmm/vcpu.go runGuest")
	to := slices.Index(walk, "vmm/vcpu.go inputLine")
	if from < 0 || to < from {
		t.Fatalf("the walk has no runGuest and then an inputLine: %v", walk)
	}
	want, got := walk[from:to], callsToInterrupt(t)
	if !slices.Equal(got, want) {
		t.Errorf("a store calls\n\t%s\nARCHITECTURE.md says\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// callsToInterrupt runs uartGuest, and returns the calls from runGuest to the
// interrupt line.
func callsToInterrupt(t *testing.T) (calls []string) {
	t.Helper()
	m, err := New(Config{Hypervisor: softcpu.New(softcpu.Config{Engine: softcpu.Interpreter}), Kernel: bareImage(uartGuest...), Memory: MinMemory})
	if err != nil {
		t.Fatal(err)
	}
	irq := m.vcpus[0].irqLine()
	watched := mmio.LineFunc(func(high bool) {
		if high && calls == nil {
			calls = callsFrom("vmm/vcpu.go runGuest")
		}
		irq.Set(high)
	})
	g, err := gic.NewV3(gic.Config{CPUs: 1, SPIs: spis, IRQ: []mmio.Line{watched}})
	if err != nil {
		t.Fatal(err)
	}
	m.gic, m.bus = gicV3{g, 1}, mmio.Bus{}
	m.vcpus[0].vtimer, m.vcpus[0].ptimer.line = g.PPI(0, virtualTimerPPI), g.PPI(0, physicalTimerPPI)
	if err := m.gic.mapOn(&m.bus); err != nil {
		t.Fatal(err)
	}
	if err := m.buildDevices(); err != nil {
		t.Fatal(err)
	}
	const n, gicd = boot.UARTIRQ, boot.GICDBase
	m.bus.Write(0, gicd, 4, 0x12)                   // GICD_CTLR: ARE, EnableGrp1
	m.bus.Write(0, gicd+0x80+n/32*4, 4, 1<<(n%32))  // GICD_IGROUPR
	m.bus.Write(0, gicd+0x100+n/32*4, 4, 1<<(n%32)) // GICD_ISENABLER
	m.bus.Write(0, gicd+0x400+n, 1, 0x80)           // GICD_IPRIORITYR
	if reason, err := m.Run(t.Context()); err != nil || reason != PoweredOff {
		t.Fatalf("the guest ended with %v, %v", reason, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	return calls
}

// callsFrom returns the calls of the project's functions on the stack, as "file
// function": from the first one to whatever sets the mmio.LineFunc that asks.
func callsFrom(first string) (calls []string) {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(4, pc)])
	for {
		f, more := frames.Next()
		if name, ours := strings.CutPrefix(f.Function, module); ours && strings.HasSuffix(f.File, ".go") {
			slash := strings.LastIndexByte(name, '/') + 1
			dir, _, _ := strings.Cut(name[slash:], ".")
			function := name[strings.LastIndexByte(name, '.')+1:]
			calls = append(calls, name[:slash]+dir+"/"+path.Base(filepath.ToSlash(f.File))+" "+function)
		}
		if !more {
			break
		}
	}
	slices.Reverse(calls)
	return calls[max(0, slices.Index(calls, first)):]
}
