package boottest

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// TestInstaller stops where the installer asks for the language.
func TestInstaller(t *testing.T) {
	kernel, initrd := kernelFile(t, "installer.vmlinuz"), kernelFile(t, "installer.initrd.gz")
	g := vmtest.Start(t, vmm.Config{
		VCPUs: 2, Memory: 1 << 30, Kernel: kernel, Initrds: []boot.File{initrd},
		CommandLine: "console=ttyAMA0 panic=-1 DEBIAN_FRONTEND=text", NoReset: true,
	})
	g.ExpectWithin(4*vmtest.Deadline, "Select a language") // its initrd unpacks to 300 MB
	g.Expect("English")
	checkLog(t, g)
}
