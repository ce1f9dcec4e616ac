package guest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/testdata"
)

// TestMain lets this binary stand in for the go command: it then prints FAKE_GO and ends with the status FAKE_GO_EXIT.
func TestMain(m *testing.M) {
	if answer, ok := os.LookupEnv("FAKE_GO"); ok {
		fmt.Print(answer)
		if os.Getenv("FAKE_GO_EXIT") != "" {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fakeGo puts a go command in PATH that prints answer.
func fakeGo(t *testing.T, answer string, fails bool) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the stand-in for the go command is a symbolic link")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv("FAKE_GO", answer)
	if fails {
		t.Setenv("FAKE_GO_EXIT", "1")
	}
}

func TestKernelIsWhereTheGoCommandSays(t *testing.T) {
	fakeGo(t, `{"Dir": "/mod/kernel", "Sum": "`+kernelSum+`"}`, false)
	got, err := Kernel(t.Context(), nil)
	if want := filepath.Join("/mod/kernel", "vmlinuz"); err != nil || got.Name != want {
		t.Errorf("Kernel = %q, %v, want %q", got.Name, err, want)
	}
}

// TestProgress: there are lines about a download while there is one, and else none, however long the go command takes.
func TestProgress(t *testing.T) {
	cache := t.TempDir()
	fakeGo(t, cache, false)
	partial := goCommand{}.partialDownload(t.Context())
	var progress bytes.Buffer
	if sayFetched(&progress, partial); progress.Len() != 0 {
		t.Errorf("without a download: %q", &progress)
	}
	file := strings.ReplaceAll(partial, "*", "123")
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, make([]byte, 5_000_000), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if sayFetched(&progress, partial); !strings.Contains(progress.String(), "5 of 20 MB") {
		t.Errorf("with 5 MB of a download: %q", &progress)
	}
}

func TestKernelErrors(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		fails        bool
		want         string
	}{
		{"no network", `{"Error": "kernel.arm64@v0: Get \"https://proxy\": dial tcp: no route to host"}`, true,
			"guest: default kernel: kernel.arm64@v0: Get \"https://proxy\": dial tcp: no route to host"},
		{"another zip", `{"Dir": "/mod/kernel", "Sum": "h1:AAAA="}`, false,
			"guest: default kernel: /mod/kernel has the sum h1:AAAA=, expected " + kernelSum + ": a different file came from the proxy or the module cache; go clean -modcache empties that"},
		{"not JSON", `what`, false,
			"guest: default kernel: go mod download: invalid character 'w' looking for beginning of value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fakeGo(t, test.answer, test.fails)
			if _, err := Kernel(t.Context(), nil); err == nil || err.Error() != test.want {
				t.Errorf("Kernel: error\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("LocalAppData", t.TempDir())
	_, kernelErr := Kernel(t.Context(), nil)
	_, initramfsErr := Initramfs(t.Context(), nil)
	for _, err := range []error{kernelErr, initramfsErr} {
		if err == nil || !strings.Contains(err.Error(), "install Go") || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that says to install Go", err)
		}
	}
}

// initramfs returns the archive and skips the test if there is no go command to build it with.
func initramfs(t *testing.T) boot.File {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command")
	}
	file, err := Initramfs(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestInitramfsIsBuiltOnce(t *testing.T) {
	first := initramfs(t)
	var progress bytes.Buffer
	second, err := Initramfs(t.Context(), &progress)
	if err != nil || second.Name != first.Name {
		t.Errorf("second Initramfs = %q, %v, want %q", second.Name, err, first.Name)
	}
	if first.Data == nil && progress.Len() > 0 {
		t.Errorf("the second call built again: %s", &progress)
	}
	data := first.Data
	if data == nil {
		if data, err = os.ReadFile(first.Name); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.HasPrefix(data, []byte("070701")) || !bytes.Contains(data, []byte("TRAILER!!!")) {
		t.Errorf("the archive starts with %q", data[:min(len(data), 16)])
	}
}

// TestCommands compares the package's documentation with the commands that init has.
func TestCommands(t *testing.T) {
	source, err := testdata.Guest.ReadFile("guest/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, m := range regexp.MustCompile(`(?m)^\t\t"(\S+)": +\{`).FindAllSubmatch(source, -1) {
		have = append(have, string(m[1]))
	}
	text, err := os.ReadFile("guest.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "NAME --help shows what a command takes.\n//\n")
	list, _, _ = strings.Cut(list, "\n//\n")
	if told := strings.Fields(strings.ReplaceAll(list, "//\t", "")); !slices.Equal(told, have) {
		t.Errorf("the documentation lists %q, init has %q", told, have)
	}
}

// TestSource runs the tests of the guest's programs, which "go test ./..." passes over: they are below testdata.
func TestSource(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the guest's programs need Linux")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command")
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "github.com/miniboot-vmm/miniboot/testdata/guest").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestQEMU boots the default guest in another machine monitor: what fails here is not this project's machine.
func TestQEMU(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		t.Skip("skipped: qemu-system-aarch64 is not installed")
	}
	archive := initramfs(t)
	kernel, err := Kernel(t.Context(), t.Output())
	if err != nil {
		t.Skip("skipped:", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, "-M", "virt", "-cpu", "cortex-a57", "-m", "512M", "-nographic", "-net", "none", "-no-reboot",
		"-kernel", kernel.Name, "-initrd", archive.Name, "-append", CommandLine+" quiet "+RunParameter("uname -m; exit 42"))
	start := time.Now()
	console, err := cmd.CombinedOutput()
	t.Logf("booted, ran and powered off in %v", time.Since(start).Round(10*time.Millisecond))
	if err != nil || !bytes.Contains(console, []byte("aarch64\r\nminiboot.run: exit status 42\r\n")) {
		t.Errorf("%v, console:\n%q", err, console)
	}
}
