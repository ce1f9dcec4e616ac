package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/miniboot-vmm/miniboot/boot/cpio"
)

const module = "github.com/miniboot-vmm/miniboot"

// A workload is prepared once. What prepare returns runs it on a machine and returns what that took.
type workload struct {
	name    string
	prepare func(b *bench) (run, error)
}

type run func(m machine) ([]figure, error)

// workloads are in the order in which they run.
var workloads = []workload{
	{"boot", prepareBoot},
	{"devices", prepareDevices},
	{"programs", preparePrograms},
	{"parallel", prepareParallel},
	{"exits", prepareExits},
	{"net", prepareNet},
	{"disk-raw", func(b *bench) (run, error) { return prepareDisk(b, "raw") }},
	{"disk-qcow2", func(b *bench) (run, error) { return prepareDisk(b, "qcow2") }},
	{"installer", prepareInstaller},
	{"debian", prepareDebian},
}

// goCommand runs the go command with env on top of this process's.
func (b *bench) goCommand(env []string, args ...string) error {
	cmd := exec.CommandContext(b.ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// forGuest is how the go command builds what runs in a guest.
var forGuest = []string{"GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT="}

// writeArchive makes an initramfs and returns its path.
func (b *bench) writeArchive(name string, files []cpio.File) (string, error) {
	data, err := cpio.Archive(files)
	if err != nil {
		return "", err
	}
	return b.file(name), os.WriteFile(b.file(name), data, 0o600)
}
