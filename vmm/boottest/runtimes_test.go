//go:build linux

package boottest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// A storm is a program that makes its runtime write code, throw it away and send itself signals.
type storm struct {
	name    string
	runtime string // its path in the tree of runtimes; none for a static program
	program string // its name in the directory of programs
}

// storms are sorted by how long they run, the longest first.
var storms = []storm{
	{"java", "/usr/lib/jvm/java-17-openjdk-arm64/bin/java", "Storm.java"},
	{"node", "/usr/bin/node", "storm.js"},
	{"go", "", "storm"},
}

// stormRuns are what the storms run on. With less memory for code than a storm needs the longer ones take too long: the
// least memory makes the shortest take minutes instead of seconds.
var stormRuns = []struct {
	name       string
	codeMemory uint64 // 0 is the default
	storms     []storm
	flushes    uint64 // each CPU has to drop all of its code so often, at least
}{
	{"default", 0, storms, 0},
	{"little", 4 << 20, storms[1:], 100},
	{"least", softcpu.MinCodeMemory, storms[2:], 1000},
}

// stormTime is for one storm in a guest with the least memory for code on a busy host.
const stormTime = 30 * time.Minute

// TestRuntimes runs programs of Node.js, Java and Go in guests, and with QEMU's user mode on the host. They have to print
// the same.
func TestRuntimes(t *testing.T) {
	if !full() {
		t.Skip("skipped: runs for many minutes, only with MINIBOOT_FULL=1")
	}
	tree := kernelFile(t, "runtimes").Name
	programs := stormPrograms(t)
	want := map[string]string{}
	for _, s := range storms {
		want[s.name] = s.onHost(t, tree, programs)
	}
	for _, run := range stormRuns {
		t.Run(run.name, func(t *testing.T) {
			cpu := softcpu.New(softcpu.Config{CodeMemory: run.codeMemory})
			g := bootWithRuntimes(t, cpu, tree, programs)
			for _, s := range run.storms {
				if diff := cmp.Diff(want[s.name], s.inGuest(t, g)); diff != "" {
					t.Errorf("%s: QEMU's user mode (-), the guest (+):\n%s", s.name, diff)
				}
			}
			powerOff(t, g)
			checkFlushes(t, cpu, run.flushes)
		})
	}
}

// checkFlushes checks that the translator has dropped all code often enough. The interpreter has nothing to drop.
func checkFlushes(t *testing.T, cpu *softcpu.Hypervisor, atLeast uint64) {
	t.Helper()
	engine, err := cpu.Engine()
	if engine != softcpu.Translator {
		t.Logf("no flushes to count: %v", err)
		return
	}
	for i, s := range cpu.Stats() {
		t.Logf("CPU %d: %d instructions, %d translated, %d pages of code, %d flushes", i, s.Instructions, s.Translated, s.CodePages, s.Flushes)
		if s.Flushes < atLeast {
			t.Errorf("CPU %d: %d flushes, want %d or more", i, s.Flushes, atLeast)
		}
	}
}

// stormPrograms is a directory with the programs. Go's is compiled.
func stormPrograms(t *testing.T) string {
	t.Helper()
	sources, err := filepath.Abs("testdata/runtimes")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(sources)); err != nil {
		t.Fatal(err)
	}
	goCommand(t, "build", "-o", filepath.Join(dir, "storm"), filepath.Join(dir, "storm.go"))
	return dir
}

// bootWithRuntimes boots a guest that has the tree at /mnt, and the programs at the tree's own /mnt.
func bootWithRuntimes(t *testing.T, cpu *softcpu.Hypervisor, tree, programs string) *vmtest.Guest {
	t.Helper()
	log := func(line string) { t.Error(line) }
	runtimes, mine := shareOf(t, tree, "runtimes", true, log), shareOf(t, programs, "programs", true, log)
	cfg := deviceGuest(t, "bookworm-cloud", []string{"virtiofs"}, runtimes.dev, mine.dev)
	cfg.VCPUs, cfg.Memory, cfg.Hypervisor = 2, 2<<30, cpu
	g := vmtest.Start(t, cfg)
	g.Expect(guest.Prompt)
	g.MustRun("mkdir /mnt && mount -t virtiofs -o ro runtimes /mnt && mount -t virtiofs -o ro programs /mnt/mnt")
	g.MustRun("mount -t proc proc /mnt/proc && mount -t devtmpfs dev /mnt/dev && mount -t tmpfs tmp /mnt/tmp")
	return g
}

// inGuest returns what the program prints in the guest.
func (s storm) inGuest(t *testing.T, g *vmtest.Guest) string {
	t.Helper()
	start, used := time.Now(), cpuTime(t)
	// To a file, because a terminal gets colours from Node.js.
	_, status := g.RunWithin(stormTime, fmt.Sprintf("env LANG=C chroot /mnt %s /mnt/%s >/out 2>&1", s.runtime, s.program))
	if status != 0 {
		t.Errorf("%s in the guest: exit status %d", s.name, status)
	}
	t.Logf("%s in the guest: %v, %v of CPU time", s.name, time.Since(start).Round(100*time.Millisecond), (cpuTime(t) - used).Round(100*time.Millisecond))
	return g.MustRun("cat /out")
}

// onHost returns what the program prints with QEMU's user mode.
func (s storm) onHost(t *testing.T, tree, programs string) string {
	t.Helper()
	qemu, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	args := []string{"-L", tree}
	if s.runtime != "" {
		args = append(args, filepath.Join(tree, s.runtime))
	}
	cmd := exec.CommandContext(t.Context(), qemu, append(args, filepath.Join(programs, s.program))...)
	cmd.Env = []string{"LANG=C"}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) < 1000 {
		t.Fatalf("%s with QEMU's user mode: %v, %d bytes:\n%s", s.name, err, len(out), out)
	}
	state := cmd.ProcessState
	t.Logf("%s with QEMU's user mode: %v, %v of CPU time, %d bytes of output", s.name, time.Since(start).Round(100*time.Millisecond),
		(state.UserTime() + state.SystemTime()).Round(100*time.Millisecond), len(out))
	return string(out)
}
