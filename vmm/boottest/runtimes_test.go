//go:build linux

package boottest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

var storms = []storm{
	{"node", "/usr/bin/node", "storm.js"},
	{"java", "/usr/lib/jvm/java-17-openjdk-arm64/bin/java", "Storm.java"},
	{"go", "", "storm"},
}

// stormTime is for one program in the guest. QEMU's user mode takes a minute for the longest on a busy host.
const stormTime = 30 * time.Minute

// TestRuntimes runs programs of Node.js, Java and Go in a guest, and with QEMU's user mode on the host. Both print the
// same, also where the translator has so little memory for code that it drops all of it again and again.
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
	for _, cfg := range []softcpu.Config{{}, {CodeMemory: softcpu.MinCodeMemory}} {
		t.Run(fmt.Sprintf("code=0x%x", cfg.CodeMemory), func(t *testing.T) {
			cpu := softcpu.New(cfg)
			g := bootWithRuntimes(t, cpu, tree, programs)
			for _, s := range storms {
				if diff := cmp.Diff(want[s.name], s.inGuest(t, g)); diff != "" {
					t.Errorf("%s: QEMU's user mode (-), the guest (+):\n%s", s.name, diff)
				}
			}
			powerOff(t, g)
			checkFlushes(t, cpu, cfg.CodeMemory == softcpu.MinCodeMemory)
		})
	}
}

// checkFlushes looks at how often each CPU has dropped all code.
func checkFlushes(t *testing.T, cpu *softcpu.Hypervisor, often bool) {
	t.Helper()
	engine, err := cpu.Engine()
	t.Logf("the engine: %v, %v", engine, err)
	for i, s := range cpu.Stats() {
		t.Logf("CPU %d: %d instructions, %d translated, %d pages of code, %d flushes", i, s.Instructions, s.Translated, s.CodePages, s.Flushes)
		if often && engine == softcpu.Translator && s.Flushes < 100 {
			t.Errorf("CPU %d: %d flushes of little memory for code, want 100 or more", i, s.Flushes)
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

// bootWithRuntimes boots a guest that has the tree at /mnt, and in it the programs at /mnt.
func bootWithRuntimes(t *testing.T, cpu *softcpu.Hypervisor, tree, programs string) *vmtest.Guest {
	t.Helper()
	log := func(line string) { t.Error(line) }
	cfg := deviceGuest(t, "bookworm-cloud", []string{"virtiofs"}, shareOf(t, tree, "runtimes", true, log).dev, shareOf(t, programs, "programs", true, log).dev)
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
	if _, status := g.RunWithin(stormTime, "LANG=C chroot /mnt "+strings.TrimSpace(s.runtime+" /mnt/"+s.program)+" >/out 2>&1"); status != 0 {
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
	args := []string{"-L", tree, filepath.Join(programs, s.program)}
	if s.runtime != "" {
		args = []string{"-L", tree, filepath.Join(tree, s.runtime), filepath.Join(programs, s.program)}
	}
	cmd := exec.CommandContext(t.Context(), qemu, args...)
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
