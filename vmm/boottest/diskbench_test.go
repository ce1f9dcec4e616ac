package boottest

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// benchDisk is the size of a disk that is measured. All of it is allocated in the
// file and is in the host's page cache.
const benchDisk = 256 * mib

// BenchmarkDisk has a guest with one CPU read and write a virtio disk past its
// own page cache, here and on QEMU's translator (TCG), with the same kernel,
// the same program, and files of the same content:
//
//	go test -run '^$' -bench Disk -benchtime 1x -timeout 30m ./vmm/boottest
//
// The metrics are in MB/s, with one flush at the end of the writes.
func BenchmarkDisk(b *testing.B) {
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		b.Skipf("%v: install the Debian package qemu-system-arm", err)
	}
	const line = "/inguest.test -test.run ^$ -test.bench Disk -test.benchtime 1x -disk /dev/vda"
	m := diskBench{
		qemu: qemu, kernel: defaultKernel(b), initrds: []boot.File{userland(b), inGuestTests(b)},
		commandLine: guest.CommandLine + " quiet panic=-1 " + guest.RunParameter(line),
	}
	for _, format := range []string{"raw", "qcow2"} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				path := benchFile(b, format)
				report(b, "miniboot", m.here(b, path, format))
				report(b, "qemu", m.onQEMU(b, path, format))
			}
		})
	}
}

// diskBench is a guest that measures its disk.
type diskBench struct {
	qemu        string
	kernel      boot.File
	initrds     []boot.File
	commandLine string
}

// here runs the guest on miniboot and returns its output.
func (m *diskBench) here(b *testing.B, path, format string) string {
	disk := openBenchFile(b, path, format)
	defer disk.Close()
	dev, err := blk.New(blk.Config{Disk: disk, Name: path, Log: virtiotest.Log(func(line string) { b.Error(line) })})
	if err != nil {
		b.Fatal(err)
	}
	g := vmtest.Start(b, vmm.Config{
		Kernel: m.kernel, Initrds: m.initrds, CommandLine: m.commandLine, Hypervisor: softcpu.New(softcpu.Config{}),
		Virtio: []virtio.Device{dev}, NoReset: true,
	})
	defer g.Stop()
	g.Wait()
	return g.Output()
}

// onQEMU runs it on QEMU.
func (m *diskBench) onQEMU(b *testing.B, path, format string) string {
	var initrd boot.File
	for _, f := range m.initrds {
		initrd.Data = append(initrd.Data, contents(b, f)...)
	}
	out, err := exec.Command(m.qemu, "-M", "virt", "-cpu", "cortex-a57", "-smp", "1", "-m", "512M", "-nographic", "-net", "none",
		"-kernel", writeFile(b, m.kernel), "-initrd", writeFile(b, initrd), "-append", m.commandLine, "-no-reboot",
		"-global", "virtio-mmio.force-legacy=false", "-device", "virtio-blk-device,drive=disk",
		"-drive", "if=none,id=disk,file="+path+",format="+format).CombinedOutput()
	if err != nil {
		b.Fatalf("QEMU: %v\n%s", err, out)
	}
	return string(out)
}

// contents is what is in a file that may be in memory.
func contents(b *testing.B, f boot.File) []byte {
	if f.Data != nil {
		return f.Data
	}
	data, err := os.ReadFile(f.Name)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// benchFile makes a disk of zeros that are written.
func benchFile(b *testing.B, format string) (path string) {
	path = filepath.Join(b.TempDir(), "disk")
	var err error
	if format == "qcow2" {
		err = qcow2.Create(path, benchDisk)
	} else {
		err = os.WriteFile(path, nil, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	disk := openBenchFile(b, path, format)
	defer disk.Close()
	block := make([]byte, mib)
	for off := int64(0); off < benchDisk; off += mib {
		if _, err := disk.WriteAt(block, off); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// benchDiskFile is an open image.
type benchDiskFile interface {
	blk.Disk
	io.Closer
}

func openBenchFile(b *testing.B, path, format string) benchDiskFile {
	var disk benchDiskFile
	var err error
	if format == "qcow2" {
		disk, err = qcow2.Open(path, qcow2.Config{})
	} else {
		disk, err = raw.Open(path, raw.Config{})
	}
	if err != nil {
		b.Fatal(err)
	}
	return disk
}

// measured is a line of the guest's: BenchmarkDisk/read-seq1M  1  3001234567 ns/op  123.4 MB/s
var measured = regexp.MustCompile(`(?m)^BenchmarkDisk/(\S+)\s.*\s([0-9.]+) MB/s`)

// report reports what a guest has measured.
func report(b *testing.B, who, out string) {
	found := measured.FindAllStringSubmatch(out, -1)
	for _, m := range found {
		rate, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(rate, who+"-"+m[1])
	}
	if len(found) == 0 || strings.Contains(out, "FAIL") {
		b.Fatalf("%s has measured nothing, or failed:\n%s", who, out)
	}
}
