//go:build linux

package boottest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

const (
	rootPackages = "systemd-sysv,udev,kmod,linux-image-cloud-arm64,initramfs-tools,e2fsprogs,zstd"
	rootSize     = "1G"
	rootPassword = "miniboot"
	rootHostname = "bookworm"
)

// installTime is for what debootstrap does inside the guest: it unpacks and configures 130 packages.
const installTime = 90 * time.Minute

// TestDebianRoot boots Debian bookworm from a disk, with its own kernel and initrd, logs in and powers off. The disk is
// made once, see debianRoot, and boots as a copy.
func TestDebianRoot(t *testing.T) {
	if !full() {
		t.Skip("skipped: installs Debian, only with MINIBOOT_FULL=1")
	}
	image := filepath.Join(t.TempDir(), "root.ext4")
	hostTool(t, "cp", "--sparse=always", debianRoot(t), image)
	disk := openDisk(t, image)
	g := vmtest.Start(t, vmm.Config{
		VCPUs: 2, Memory: 1 << 30, Kernel: fromImage(t, image, "vmlinuz"), Initrds: []boot.File{fromImage(t, image, "initrd.img")},
		CommandLine: "console=ttyAMA0 root=/dev/vda ro", NoReset: true, Virtio: []virtio.Device{disk},
	})
	start, used := time.Now(), cpuTime(t)
	g.Expect(rootHostname + " login: ")
	t.Logf("the login prompt after %v, %v of CPU time", time.Since(start).Round(100*time.Millisecond), (cpuTime(t) - used).Round(100*time.Millisecond))
	g.Send("root\n")
	g.Expect("Password: ")
	g.Send(rootPassword + "\n")
	g.Expect("# ")
	g.Send("exec env PS1= sh\n") // bash brackets what is typed with escape sequences, and a late prompt would be output
	g.Expect("exec env PS1= sh")
	if out := g.MustRun("systemctl is-system-running --wait"); !strings.Contains(out, "running") {
		t.Errorf("the system is %q, want running", out)
	}
	if out := g.MustRun("cat /etc/debian_version; findmnt -n -o SOURCE,OPTIONS /"); !strings.HasPrefix(out, "12.") || !strings.Contains(out, "/dev/vda rw,") {
		t.Errorf("the system and its root: %q", out)
	}
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
	t.Logf("logged in and powered off after %v", time.Since(start).Round(100*time.Millisecond))
	checkLog(t, g)
	hostTool(t, "e2fsck", "-f", "-n", image)
}

// debianRoot returns an ext4 image with Debian bookworm for arm64. The first time it is made beside the kernels:
// debootstrap's first stage unpacks the packages that its second stage needs on the host, the second stage runs in the
// guest.
func debianRoot(t *testing.T) string {
	t.Helper()
	image := filepath.Join(filepath.Dir(kernelFile(t, "bookworm-cloud.vmlinuz").Name), "bookworm-root.ext4")
	if _, err := os.Stat(image); err == nil {
		return image
	}
	if os.Getuid() != 0 {
		t.Skip("skipped: debootstrap has to be root")
	}
	dir := t.TempDir()
	tree := filepath.Join(dir, "tree")
	args := []string{"--foreign", "--arch=arm64", "--variant=minbase", "--include=" + rootPackages, "bookworm", tree}
	if mirror := os.Getenv("MINIBOOT_DEBIAN_MIRROR"); mirror != "" {
		args = append(args, mirror)
	}
	hostTool(t, "debootstrap", args...)
	partial := image + ".partial"
	os.Remove(partial)
	hostTool(t, "mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, partial, rootSize)
	install(t, partial)
	hostTool(t, "e2fsck", "-f", "-n", partial)
	if err := os.Rename(partial, image); err != nil {
		t.Fatal(err)
	}
	return image
}

// install runs debootstrap's second stage, and gives the system a name, a password and a line in fstab.
func install(t *testing.T, image string) {
	t.Helper()
	kernel, initrds := debianGuest(t, "bookworm-cloud", "virtio_blk", "virtio_rng")
	g := vmtest.Start(t, vmm.Config{
		VCPUs: 2, Memory: 2 << 30, Kernel: kernel, Initrds: initrds, CommandLine: "console=ttyAMA0 panic=-1",
		NoReset: true, Virtio: []virtio.Device{openDisk(t, image)}, Console: t.Output(),
	})
	g.Expect(guest.Prompt)
	g.MustRun("mkdir /mnt && mount -t ext4 /dev/vda /mnt")
	start := time.Now()
	in := "env PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot /mnt "
	if out, status := g.RunWithin(installTime, in+"/debootstrap/debootstrap --second-stage"); status != 0 {
		t.Fatalf("debootstrap's second stage: exit status %d:\n%s", status, out)
	}
	t.Logf("debootstrap's second stage: %v", time.Since(start).Round(time.Second))
	g.MustRun("echo root:" + rootPassword + " | " + in + "chpasswd")
	g.MustRun("echo " + rootHostname + " > /mnt/etc/hostname; echo '/dev/vda / ext4 errors=remount-ro 0 1' > /mnt/etc/fstab")
	g.MustRun("umount /mnt")
	g.Send("poweroff\n")
	g.Wait()
	checkLog(t, g)
}

// fromImage returns the one file of /boot in an ext4 image that is called NAME-VERSION.
func fromImage(t *testing.T, image, name string) boot.File {
	t.Helper()
	list := hostTool(t, "debugfs", "-R", "ls -p /boot", image)
	found := regexp.MustCompile(`/(` + regexp.QuoteMeta(name) + `-[^/]*)/`).FindStringSubmatch(list)
	if found == nil {
		t.Fatalf("no %s in /boot of the image:\n%s", name, list)
	}
	file := filepath.Join(t.TempDir(), name)
	hostTool(t, "debugfs", "-R", fmt.Sprintf("dump /boot/%s %s", found[1], file), image)
	return boot.File{Name: file}
}

// hostTool runs a program of the host and returns what it prints; the test is skipped without it.
func hostTool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}
