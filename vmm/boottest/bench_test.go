package boottest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hvf/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// atInit is what the kernel prints when it has booted.
const atInit = "Run /init as init process"

// BenchmarkBoot boots Debian's cloud kernel to /init, one CPU, here and on
// QEMU's translator (TCG), in turn so that both meet the same noise:
//
//	MINIBOOT_KERNELS=~/kernels go test -run '^$' -bench Boot -benchtime 5x ./vmm/boottest
//
// The time of an iteration is that of both; the metrics tell them apart.
func BenchmarkBoot(b *testing.B) {
	kernel := kernelFile(b, "bookworm-cloud.vmlinuz")
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		b.Skipf("%v: install the Debian package qemu-system-arm", err)
	}
	initrd := userland(b)
	initrdName := writeFile(b, initrd)
	var ours, theirs float64
	for b.Loop() {
		ours += seconds(b, func() { bootHere(b, kernel, initrd) })
		theirs += seconds(b, func() { bootQEMU(b, qemu, kernel.Name, initrdName) })
	}
	n := float64(b.N)
	b.ReportMetric(ours/n, "miniboot-s/boot")
	b.ReportMetric(theirs/n, "qemu-s/boot")
	b.ReportMetric(ours/theirs, "miniboot/qemu")
}

// seconds is the wall time that f takes.
func seconds(b *testing.B, f func()) float64 {
	before := b.Elapsed()
	f()
	return (b.Elapsed() - before).Seconds()
}

func bootHere(b *testing.B, kernel, initrd boot.File) {
	g := vmtest.Start(b, vmm.Config{
		Kernel: kernel, Initrds: []boot.File{initrd}, CommandLine: guest.CommandLine, Hypervisor: softcpu.New(),
	})
	g.Expect(atInit)
	g.Stop()
}

func bootQEMU(b *testing.B, qemu, kernel, initrd string) {
	cmd := exec.Command(qemu, "-M", "virt", "-cpu", "cortex-a57", "-smp", "1", "-m", "512M", "-nographic", "-net", "none",
		"-kernel", kernel, "-initrd", initrd, "-append", guest.CommandLine)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if seen, ok := readUntil(out, atInit); !ok {
		b.Fatalf("QEMU ended without %q:\n%s", atInit, seen)
	}
}

// readUntil reads until text has come.
func readUntil(r io.Reader, text string) (seen []byte, ok bool) {
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		seen = append(seen, buf[:n]...)
		if bytes.Contains(seen, []byte(text)) {
			return seen, true
		}
		if err != nil {
			return seen, false
		}
	}
}

// writeFile puts a file that may be in memory where another program can read
// it.
func writeFile(b testing.TB, f boot.File) string {
	if f.Data == nil {
		return f.Name
	}
	name := filepath.Join(b.TempDir(), "initrd")
	if err := os.WriteFile(name, f.Data, 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}
