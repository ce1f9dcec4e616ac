package ownprocess

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestIn runs in another process than the one that it was started in.
func TestIn(t *testing.T) {
	const parent = "MINIBOOT_TEST_PARENT"
	if want := os.Getenv(parent); want != "" && want != strconv.Itoa(os.Getppid()) {
		t.Errorf("the parent is process %d, want %s", os.Getppid(), want)
	}
	t.Setenv(parent, strconv.Itoa(os.Getpid()))
	if In(t) && os.Getenv(mark) == "" {
		t.Error("it is not in a process of its own")
	}
}

// TestAgain: another test does not run along, and a failure is the process's.
func TestAgain(t *testing.T) {
	if os.Getenv(mark) == "TestFails" {
		t.Fatal("runs with another test")
	}
	out, err := again(t.Context(), "TestFails").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--- FAIL: TestFails") {
		t.Errorf("%v, want the failure of TestFails:\n%s", err, out)
	}
}

// TestFails fails in a process of its own.
func TestFails(t *testing.T) {
	if os.Getenv(mark) == t.Name() {
		t.Fatal("as it should")
	}
}
