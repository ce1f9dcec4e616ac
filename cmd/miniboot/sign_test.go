package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// TestPropertyList: the file for codesign(1) says what "miniboot sign" does.
func TestPropertyList(t *testing.T) {
	plist, err := os.ReadFile("miniboot.entitlements")
	if err != nil {
		t.Fatal(err)
	}
	want := string(entitlements.XML())
	if diff := cmp.Diff(want, strings.ReplaceAll(string(plist), "\r\n", "\n")); diff != "" {
		t.Errorf("miniboot.entitlements (-want +got):\n%s", diff)
	}
}

func TestSignCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program for darwin")
	}
	dir := t.TempDir()
	source, bin, out := filepath.Join(dir, "main.go"), filepath.Join(dir, "miniboot"), filepath.Join(dir, "signed")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", bin, source)
	build.Env = append(os.Environ(), "GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0")
	if msg, err := build.CombinedOutput(); err != nil {
		t.Skipf("the go command is needed to build a program: %v\n%s", err, msg)
	}
	before, _ := os.ReadFile(bin)
	runs(t, exitPowerOff, "signed ad hoc", "sign", "-o", out, bin)
	if after, _ := os.ReadFile(bin); !bytes.Equal(before, after) {
		t.Error("-o changed the input")
	}
	wantEntitled(t, out)
	if got, want := entitlementOf(bin), "missing, run: miniboot sign "+bin; got != want {
		t.Errorf("entitlement of a program as built: %q, want %q", got, want)
	}
	runs(t, exitPowerOff, "signed ad hoc", "sign", bin)
	wantEntitled(t, bin)
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

// wantEntitled checks that the program in path is signed with the entitlement, and can be executed.
func wantEntitled(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if xml, err := codesign.EntitlementsXML(file); err != nil || !bytes.Contains(xml, []byte(codesign.Hypervisor)) {
		t.Errorf("%s: entitlements %q, error %v", path, xml, err)
	}
	if got := entitlementOf(path); got != "present" {
		t.Errorf("%s: entitlement %q, want present", path, got)
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
		t.Errorf("%s: mode %v: cannot be executed", path, info.Mode())
	}
}

func TestCommandErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("not a program\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	runs(t, exitUsage, `unexpected argument "two"`, "sign", "one", "two")
	runs(t, exitUsage, "-x", "sign", "-x")
	runs(t, exitUsage, "unexpected argument", "doctor", "now")
	runs(t, exitHostError, filepath.Join(dir, "missing")+": file does not exist: check the path", "sign", filepath.Join(dir, "missing"))
	runs(t, exitHostError, "not a regular file", "sign", dir)
	runs(t, exitHostError, text+": not a Mach-O file", "sign", text)
	runs(t, exitPowerOff, "usage: miniboot", "sign", "-h")
	if content, _ := os.ReadFile(text); string(content) != "not a program\n" {
		t.Errorf("a file that cannot be signed is now %q", content)
	}
}

// runs runs the command and checks its status and that it says something in one line, on standard output only if it
// does what it was asked to.
func runs(t *testing.T, status int, want string, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	got := run(args, nil, &out, &errs)
	said, silent := out.String(), errs.String()
	if status != exitPowerOff {
		said, silent = silent, said
		if strings.Count(said, "\n") != 1 {
			t.Errorf("miniboot %q: says %q, want one line", args, said)
		}
	}
	if got != status || !strings.Contains(said, want) || silent != "" {
		t.Errorf("miniboot %q: status %d, says %q and %q; want %d, %q", args, got, said, silent, status, want)
	}
}
