package main

import (
	"bytes"
	"encoding/binary"
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
	runs(t, exitPowerOff, "signed ad hoc with the entitlement "+codesign.Hypervisor+"\n", "sign", bin)
	wantEntitled(t, bin)
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

// TestSignNewSDK: sign tells that it has lowered the SDK version of a program, as cgo's linker writes it.
func TestSignNewSDK(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "miniboot")
	if err := os.WriteFile(bin, withSDK(0xf0500), 0o700); err != nil {
		t.Fatal(err)
	}
	if sdk, newer := newerSDK(bin); !newer || sdk.String() != "15.5" {
		t.Errorf("SDK %v, newer %v, want 15.5, newer", sdk, newer)
	}
	runs(t, exitPowerOff, "and as of SDK 12.0 in place of 15.5: its guests' counters keep 24 MHz\n", "sign", bin)
	if sdk, newer := newerSDK(bin); newer || sdk.String() != "12.0" {
		t.Errorf("signed: SDK %v, newer %v, want 12.0, not newer", sdk, newer)
	}
}

// withSDK returns a small Mach-O program whose LC_BUILD_VERSION names an SDK.
func withSDK(sdk uint32) []byte {
	file := make([]byte, 0x1000)
	words := []uint32{0xfeedfacf, 0x0100000c, 0, 2, 3, 72 + 72 + 24, 0, 0} // header
	for i, name := range []string{"__TEXT", "__LINKEDIT"} {
		words = append(words, 0x19, 72)
		var field [16]byte
		copy(field[:], name)
		for at := 0; at < 16; at += 4 {
			words = append(words, binary.LittleEndian.Uint32(field[at:]))
		}
		words = append(words, 0, uint32(i), 0x800, 0, uint32(i)*0x800, 0, 0x800, 0, 7, 5, 0, 0) // vmaddr, vmsize, fileoff, filesize
	}
	words = append(words, 0x32, 24, 1, 0xc0000, sdk, 0) // for macOS 12
	for i, w := range words {
		binary.LittleEndian.PutUint32(file[4*i:], w)
	}
	return file
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
