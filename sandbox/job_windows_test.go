package sandbox

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/windows"
)

// TestJob: a process in a sandbox starts no other. It stays there, so no other test of this package may start one.
func TestJob(t *testing.T) {
	start := func() error { return exec.Command(os.Args[0], "-test.run=^$").Run() }
	if err := start(); err != nil {
		t.Fatalf("without a sandbox: %v", err)
	}
	if h, err := Enter(Config{}); err != nil || !h.Job {
		t.Fatalf("it holds %v, error %v", h, err)
	}
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("skipped: Wine takes a job's limit of processes and does not enforce it")
	}
	if start() == nil {
		t.Error("a program was started")
	}
}
