//go:build unix

package signed

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// role is the environment variable that makes this test program play a signed test.
// Its value chooses the launcher.
const role = "MINIBOOT_SIGNED_TEST_ROLE"

var echo = flag.String("echo", "", "an argument for the test that plays a signed one")

// started is what the program that plays a signed test reports.
type started struct {
	Exe, Dir, Guard string
	Args            []string
	Echo            string
	Signed          bool
}

// mark is what these tests' launcher appends in place of a signature.
const mark = "signed for a test"

func TestMain(m *testing.M) {
	if os.Getenv(role) == "" {
		os.Exit(m.Run())
	}
	if how, ok := strings.CutPrefix(os.Getenv(role), "program "); ok {
		playProgram(how)
	}
	mac.wanted = func(program []byte) bool { return os.Getenv(role) != "not wanted" }
	mac.sign = func(program []byte, name string) ([]byte, error) {
		if os.Getenv(role) == "no signature" {
			return nil, errors.New("there is none")
		}
		return append(program, mark...), nil // ELF and Mach-O do not mind
	}
	Main(player{})
}

// player stands for the tests of the signed program. Its status is 7.
type player struct{}

func (player) Run() int {
	flag.Parse()
	exe, _ := os.Executable()
	dir, _ := os.Getwd()
	program, _ := os.ReadFile(exe)
	json.NewEncoder(os.Stdout).Encode(started{
		Exe: exe, Dir: dir, Guard: os.Getenv(guard), Args: os.Args, Echo: *echo, Signed: bytes.HasSuffix(program, []byte(mark)),
	})
	return 7
}

// play starts this test's program in a role, with its temporary files in tmp.
func play(t *testing.T, as, dir, tmp string, env ...string) (s started, stderr string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, msg bytes.Buffer
	cmd := exec.Command(exe, "-echo", "a b", "-test.v")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &msg
	cmd.Env = append(append(os.Environ(), role+"="+as, "TMPDIR="+tmp), env...)
	err = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Fatalf("%s: %v, status %d, want 7\n%s%s", as, err, code, &out, &msg)
	}
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("%s: %v: it ran twice, or not: %q", as, err, &out)
	}
	return s, msg.String()
}

// TestCopyRuns: the copy runs the tests once, in the same place with the same
// arguments, and leaves nothing behind.
func TestCopyRuns(t *testing.T) {
	self, _ := os.Executable()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	s, stderr := play(t, "wanted", dir, tmp)
	if !strings.HasPrefix(s.Exe, tmp) || filepath.Base(s.Exe) != filepath.Base(self) || !s.Signed {
		t.Errorf("%s ran, signed: %v, want a signed copy of %s in %s", s.Exe, s.Signed, self, tmp)
	}
	want := started{Exe: s.Exe, Dir: dir, Args: []string{self, "-echo", "a b", "-test.v"}, Echo: "a b", Signed: true}
	if diff := cmp.Diff(want, s); diff != "" || stderr != "" {
		t.Errorf("what the copy saw (-want +got):\n%s%s", diff, stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

// TestRunsAsItIs: the program itself runs the tests if it need not be signed, if
// signing fails, or if it is signed already.
func TestRunsAsItIs(t *testing.T) {
	self, _ := os.Executable()
	for _, c := range []struct {
		as, env, stderr string
	}{
		{as: "not wanted"},
		{as: "no signature", stderr: "there is none; the tests run without the entitlement"},
		{as: "wanted", env: guard + "=" + filepath.Join(t.TempDir(), "copy")}, // it must not make a copy of the copy
	} {
		tmp := t.TempDir()
		s, stderr := play(t, c.as, ".", tmp, c.env)
		if s.Exe != self || s.Signed || s.Guard != "" {
			t.Errorf("%s %s: %s ran, signed: %v, guard %q; want %s as it is", c.as, c.env, s.Exe, s.Signed, s.Guard, self)
		}
		if !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
			t.Errorf("%s %s: stderr %q, want %q", c.as, c.env, stderr, c.stderr)
		}
		if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
			t.Errorf("%s %s: files left behind: %v", c.as, c.env, left)
		}
	}
}

// TestSignsTestBinary: a test binary for a Mac, from go test -c, can be signed, and
// is not signed again after that.
func TestSignsTestBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a test for darwin")
	}
	bin := filepath.Join(t.TempDir(), "signed.test")
	build := exec.Command("go", "test", "-c", "-o", bin, ".")
	build.Env = append(os.Environ(), "GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the go command is needed to build a test: %v\n%s", err, out)
	}
	program, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	if has, err := codesign.Has(program, codesign.Hypervisor); has || err != nil {
		t.Errorf("as built it has the entitlement: %v, %v", has, err)
	}
	program, err = mac.sign(program, "signed.test")
	if err != nil {
		t.Fatal(err)
	}
	if has, err := codesign.Has(program, codesign.Hypervisor); !has || err != nil {
		t.Errorf("signed it has the entitlement: %v, %v", has, err)
	}
}
