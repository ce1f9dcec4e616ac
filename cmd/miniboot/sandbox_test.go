package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/sandbox"
	"github.com/miniboot-vmm/miniboot/sandbox/sandboxtest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// TestSandboxConfig: the rules are what the options use while the guest runs.
func TestSandboxConfig(t *testing.T) {
	dir := t.TempDir()
	kernel := filepath.Join(dir, "Image")
	if err := os.WriteFile(kernel, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	files := bootFiles{kernel: boot.File{Name: kernel}, initrds: []boot.File{{Name: "default", Data: []byte{1}}, {Name: dir}}}
	resolver := existing(resolverPaths("/etc/resolv.conf", "/etc/hosts")...)
	for _, test := range []struct {
		args string
		want sandbox.Config
	}{
		{"", sandbox.Config{OpenFiles: 1024}},
		{"-no-reboot", sandbox.Config{OpenFiles: 1024}},
		{"-disk x -serial file:y -net tap=t", sandbox.Config{OpenFiles: 1026}},
		{"-share t=in -share u=other,ro", sandbox.Config{Write: []string{"in"}, Read: []string{"other"}}},
		{"-net unix=/run/s", sandbox.Config{Dial: []string{"/run"}, OpenFiles: 1024}},
		{"-console unix:/tmp/s", sandbox.Config{Sockets: true, OpenFiles: 1024}},
		{"-net user", sandbox.Config{Internet: true, Read: resolver, OpenFiles: 1024 + 1024 + 1024 + 512}},
		{"-net user,host=off", sandbox.Config{Internet: true, Interfaces: true, Read: resolver, OpenFiles: 1024 + 1024 + 1024 + 512}},
		{"-vsock /var/tmp/v", sandbox.Config{Dial: []string{"/var/tmp"}, OpenFiles: 1024 + 1024 + 4096}},
	} {
		o, err := parseOptions(strings.Fields(test.args), nil)
		if err != nil {
			t.Fatal(err)
		}
		test.want.Read = append([]string{kernel}, test.want.Read...)
		if diff := cmp.Diff(test.want, o.sandboxConfig(files)); diff != "" {
			t.Errorf("miniboot %s: -want +got\n%s", test.args, diff)
		}
	}
}

// TestSandboxFails: the error says how to do without.
func TestSandboxFails(t *testing.T) {
	real := thisHost.enter
	defer func() { thisHost.enter = real }()
	thisHost.enter = func(sandbox.Config) (sandbox.Held, error) { return sandbox.Held{}, errors.New("sandbox: no") }
	image := filepath.Join(t.TempDir(), "Image")
	if err := os.WriteFile(image, printingImage(), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{"on": "miniboot: sandbox: no: with -sandbox off the guest runs without one\n", "off": "A"} {
		out := &transcript{}
		status := run([]string{"-accel", "soft", "-m", "16M", "-kernel", image, "-sandbox", args}, closedInput(t), out, out)
		if out.String() != want || (status == exitHostError) != (args == "on") {
			t.Errorf("-sandbox %s: status %d, printed %q, want %q", args, status, out, want)
		}
	}
}

// TestReplacedKernel: a reset that finds another file in the kernel's place says what to do.
func TestReplacedKernel(t *testing.T) {
	denied := fmt.Errorf("boot: kernel Image: %w", fs.ErrPermission)
	for _, test := range []struct {
		sandbox string
		err     error
		want    string
	}{
		{"on", denied, "boot: kernel Image: permission denied: in the sandbox no file can be read that has replaced another one: use -sandbox off"},
		{"off", denied, "boot: kernel Image: permission denied"},
		{"on", fs.ErrNotExist, "file does not exist"},
	} {
		if got := (options{sandbox: test.sandbox}).adviseInSandbox(test.err).Error(); got != test.want {
			t.Errorf("-sandbox %s: %q, want %q", test.sandbox, got, test.want)
		}
	}
}

// closedInput is a standard input that has ended.
func closedInput(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// printingImage is a kernel that writes an A to the UART, and powers off.
func printingImage() []byte {
	b := bareImage()
	for i, word := range []uint32{
		0xd2a80041, // mov x1, #0x40020000   the UART
		0x52806022, // mov w2, #0x301
		0xb9003022, // str w2, [x1, #0x30]   CR: UARTEN, TXE, RXE
		0x52800822, // mov w2, #0x41
		0xb9000022, // str w2, [x1]          DR
		0x52800100, // mov w0, #8
		0x72b08000, // movk w0, #0x8400, lsl #16   PSCI SYSTEM_OFF
		0xd4000002, // hvc #0
	} {
		binary.LittleEndian.PutUint32(b[64+4*i:], word)
	}
	binary.LittleEndian.PutUint32(b, 0x14000010) // b .+64
	return b
}

// buildTakenOver builds the command with testdata/takenover.go in it. The test's own program is no substitute: it links
// purego, with which Go cannot make a system call on all threads.
func buildTakenOver(t *testing.T) (path string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("skipped: the go command is needed: %v", err)
	}
	dir := t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(here, "takenover.go"): filepath.Join(here, "testdata", "takenover.go"),
	}})
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "miniboot")
	cmd := exec.Command("go", "build", "-overlay", file, "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// A loot is what testdata/takenover.go prints.
type loot struct {
	Status     int
	Succeeding []string
	Share      string // the error of writing to the share
}

// TestTakenOver: a device that was taken over reaches what the flags name and nothing else.
func TestTakenOver(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("skipped: this system has no sandbox yet")
	}
	program, base := buildTakenOver(t), virtiotest.ShortDir(t)
	image, shared, target := filepath.Join(base, "Image"), filepath.Join(base, "shared"), takeoverTarget(t, program)
	if err := errors.Join(os.WriteFile(image, printingImage(), 0o600), os.Mkdir(shared, 0o700), os.WriteFile(filepath.Join(base, "disk"), make([]byte, 4096), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args    string
		shared  string
		remains []string // beside what the flags name, see package sandbox
	}{
		{"", "", nil},
		{"-smp 2 -disk " + filepath.Join(base, "disk"), "", nil},
		{"-engine interpreter -console unix:" + filepath.Join(base, "c"), "", nil},
		{"-share s=" + shared, shared, []string{"change a file's mode"}},
		{"-share s=" + shared + ",ro", "", nil},
		{"-net user,hostfwd=tcp::0-:22", "", []string{"connect to a TCP port", "send a datagram"}},
		{"-vsock " + filepath.Join(base, "v"), "", []string{"connect to a Unix socket"}},
		{"-cpuprofile " + filepath.Join(base, "p"), "", nil},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := append([]string{"-v", "-accel", "soft", "-m", "64M", "-timeout", "1m", "-kernel", image}, strings.Fields(test.args)...)
			l, messages := runTakenOver(t, program, test.shared, target, args...)
			if l.Status != exitPowerOff || l.Share != "" {
				t.Errorf("status %d, writing to the share: %q, messages:\n%s", l.Status, l.Share, messages)
			}
			switch {
			case !strings.Contains(messages, "miniboot: sandbox: no_new_privs"):
				t.Errorf("what holds is not said:\n%s", messages)
			case !strings.Contains(messages, "Landlock"):
				t.Skip("skipped: this kernel has no Landlock; package sandbox tests seccomp alone")
			case strings.Contains(messages, "Landlock (ABI 9)"), strings.Contains(messages, "Landlock (ABI 10)"):
				test.remains = without(test.remains, "connect to a Unix socket")
			}
			for _, line := range sandboxtest.Compare(l.Succeeding, test.remains) {
				t.Error(line)
			}
		})
	}
}

func without(names []string, name string) (rest []string) {
	for _, n := range names {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

// runTakenOver runs the command with a device that was taken over.
func runTakenOver(t *testing.T, program, shared string, target sandboxtest.Target, args ...string) (l loot, messages string) {
	t.Helper()
	text, err := json.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"takenover", string(text), shared}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || json.Unmarshal(out, &l) != nil {
		t.Fatalf("%v, it printed %q and:\n%s", err, out, &stderr)
	}
	return l, stderr.String()
}

// takeoverTarget makes what the attempts are directed at.
func takeoverTarget(t *testing.T, program string) sandboxtest.Target {
	t.Helper()
	dir := virtiotest.ShortDir(t)
	target := sandboxtest.Target{Dir: dir, Unix: filepath.Join(dir, "s"), Exec: program}
	for _, name := range []string{"secret", "victim"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []struct{ network, address string }{{"unix", target.Unix}, {"tcp", "127.0.0.1:0"}} {
		listener, err := net.Listen(l.network, l.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		if l.network == "tcp" {
			target.TCP = listener.Addr().String()
		}
	}
	return target
}
