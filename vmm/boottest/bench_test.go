package boottest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
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
		ours += seconds(b, func() {
			bootHere(b, vmm.Config{Kernel: kernel, Initrds: []boot.File{initrd}}, guest.CommandLine, atInit)
		})
		theirs += seconds(b, func() { bootQEMU(b, qemu, kernel.Name, initrdName, guest.CommandLine, atInit, "-net", "none") })
	}
	reportBoots(b, ours, theirs)
}

func reportBoots(b *testing.B, ours, theirs float64) {
	n := float64(b.N)
	b.ReportMetric(ours/n, "miniboot-s/boot")
	b.ReportMetric(theirs/n, "qemu-s/boot")
	b.ReportMetric(ours/theirs, "miniboot/qemu")
}

// BenchmarkBootDevices boots the default guest's kernel until its drivers have
// a disk, a network, entropy, a balloon and a console, and its shell has
// counted them, here and on QEMU in turn:
//
//	go test -run '^$' -bench BootDevices -benchtime 5x ./vmm/boottest
func BenchmarkBootDevices(b *testing.B) {
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		b.Skipf("%v: install the Debian package qemu-system-arm", err)
	}
	kernel, initrd := defaultKernel(b), userland(b)
	kernelName, initrdName := writeFile(b, kernel), writeFile(b, initrd)
	const line, text = "echo there are $(echo /sys/bus/virtio/drivers/*/virtio* | wc -w)", "there are 5"
	commandLine := guest.CommandLine + " " + guest.RunParameter(line)
	path := benchFile(b, "raw")
	disk := openBenchFile(b, path, "raw")
	defer disk.Close()
	var ours, theirs float64
	for b.Loop() {
		ours += seconds(b, func() {
			cfg := vmm.Config{Kernel: kernel, Initrds: []boot.File{initrd}, Virtio: benchDevices(b, disk)}
			bootHere(b, cfg, commandLine, text)
		})
		theirs += seconds(b, func() {
			bootQEMU(b, qemu, kernelName, initrdName, commandLine, text, "-global", "virtio-mmio.force-legacy=false",
				"-drive", "if=none,id=disk,format=raw,file="+path, "-device", "virtio-blk-device,drive=disk",
				"-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net",
				"-device", "virtio-rng-device", "-device", "virtio-balloon-device",
				"-chardev", "null,id=null", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=null")
		})
	}
	reportBoots(b, ours, theirs)
}

// benchDevices are the devices of a machine that has one of each.
func benchDevices(b *testing.B, disk blk.Disk) []virtio.Device {
	drive, err := blk.New(blk.Config{Disk: disk})
	if err != nil {
		b.Fatal(err)
	}
	network, err := user.New(user.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { network.Close() })
	card, err := net.New(net.Config{Backend: network, MAC: net.MAC{2, 0, 0, 0, 0, 1}})
	if err != nil {
		b.Fatal(err)
	}
	return []virtio.Device{drive, card, rng.New(rng.Config{}), balloon.New(), console.New(console.Config{})}
}

// seconds is the wall time that f takes.
func seconds(b *testing.B, f func()) float64 {
	before := b.Elapsed()
	f()
	return (b.Elapsed() - before).Seconds()
}

// bootHere boots a guest until it prints text.
func bootHere(b *testing.B, cfg vmm.Config, commandLine, text string) {
	cfg.CommandLine, cfg.Hypervisor = commandLine, softcpu.New(softcpu.Config{})
	g := vmtest.Start(b, cfg)
	g.Expect(text)
	g.Stop()
}

func bootQEMU(b *testing.B, qemu, kernel, initrd, commandLine, text string, args ...string) {
	cmd := exec.Command(qemu, append([]string{"-M", "virt", "-cpu", "cortex-a57", "-smp", "1", "-m", "512M", "-nographic",
		"-kernel", kernel, "-initrd", initrd, "-append", commandLine}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if seen, ok := readUntil(out, text); !ok {
		b.Fatalf("QEMU ended without %q:\n%s", text, seen)
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
