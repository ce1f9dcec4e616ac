//go:build linux

package inguest

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/posixtest"
)

var shareDir = flag.String("share", "", "directory that the host shares")

func shared(t *testing.T, name string) string {
	t.Helper()
	if *shareDir == "" {
		t.Skip("skipped: runs in a guest, on a directory that the host shares")
	}
	dir := filepath.Join(*shareDir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// impossible are tests of posixtest that cannot pass, and why.
var impossible = map[string]string{
	"FcntlFlockLocksFile": "it wants two open files of one process to exclude each other by F_SETLK, which POSIX rules out; go-fuse skips it too",
}

// TestSharePosix is go-fuse's suite, with the race for symbolic links that its own runner leaves out.
func TestSharePosix(t *testing.T) {
	dir := shared(t, "posix")
	for name, test := range posixtest.All {
		t.Run(name, func(t *testing.T) {
			if why := impossible[name]; why != "" {
				t.Skip("skipped: " + why)
			}
			sub := filepath.Join(dir, name)
			if err := os.Mkdir(sub, 0o755); err != nil {
				t.Fatal(err)
			}
			test(t, sub)
			os.RemoveAll(sub)
		})
	}
}

// Size of the stress.
const (
	stressTrees = 6
	stressSteps = 400
)

// TestShareStress has several goroutines change a tree each, at random, and then compares the hash of all with that of
// the same done on the guest's own file system. It prints the hash for the host.
func TestShareStress(t *testing.T) {
	dir, model := shared(t, "stress"), t.TempDir()
	var wg sync.WaitGroup
	for i := range stressTrees {
		wg.Go(func() {
			for _, root := range []string{dir, model} {
				tree := filepath.Join(root, strconv.Itoa(i))
				if err := os.Mkdir(tree, 0o755); err != nil {
					t.Error(err)
					return
				}
				s := &stress{t: t, root: tree, random: rand.New(rand.NewPCG(uint64(i), 1)), dirs: []string{""}}
				for range stressSteps {
					s.step()
				}
			}
		})
	}
	wg.Wait()
	got, err := TreeHash(dir)
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(model, 0o755)
	want, err := TreeHash(model)
	if err != nil || got != want {
		t.Fatalf("the shared tree has the hash %s, the guest's own %s (%v)", got, want, err)
	}
	fmt.Println("stress hash", got)
}

// stress changes a tree. What it does follows from the random numbers alone.
type stress struct {
	t           *testing.T
	root        string
	random      *rand.Rand
	dirs, files []string
	made        int
}

func (s *stress) path(name string) string { return filepath.Join(s.root, name) }

func (s *stress) check(err error) {
	if err != nil {
		s.t.Error(err)
	}
}

func (s *stress) newName() string {
	s.made++
	return filepath.Join(s.dirs[s.random.IntN(len(s.dirs))], fmt.Sprintf("n%d", s.made))
}

func (s *stress) step() {
	if len(s.files) == 0 {
		s.create()
		return
	}
	i := s.random.IntN(len(s.files))
	file := s.files[i]
	switch s.random.IntN(10) {
	case 0, 1:
		s.create()
	case 2:
		name := s.newName()
		s.check(os.Mkdir(s.path(name), 0o750))
		s.dirs = append(s.dirs, name)
	case 3:
		name := s.newName()
		s.check(os.Rename(s.path(file), s.path(name)))
		s.files[i] = name
	case 4: // over another file
		j := s.random.IntN(len(s.files))
		if i == j {
			return
		}
		s.check(os.Rename(s.path(file), s.path(s.files[j])))
		s.files = append(s.files[:i], s.files[i+1:]...)
	case 5:
		s.check(os.Remove(s.path(file)))
		s.files = append(s.files[:i], s.files[i+1:]...)
	case 6:
		s.check(os.Truncate(s.path(file), s.random.Int64N(100_000)))
	case 7:
		s.check(os.Symlink("../"+file, s.path(s.newName())))
	case 8:
		s.check(os.Chmod(s.path(file), os.FileMode(0o400|s.random.IntN(0o400))))
		s.check(os.Chmod(s.path(file), 0o644))
	case 9:
		s.appendTo(file)
	}
}

func (s *stress) content() []byte {
	b := make([]byte, s.random.IntN(1<<s.random.IntN(18)))
	for i := range b {
		b[i] = byte(s.random.Uint32())
	}
	return b
}

func (s *stress) create() {
	name, content := s.newName(), s.content()
	s.check(os.WriteFile(s.path(name), content, 0o644))
	s.files = append(s.files, name)
	back, err := os.ReadFile(s.path(name))
	s.check(err)
	if !bytes.Equal(back, content) {
		s.t.Errorf("%s: %d bytes come back as %d others", name, len(content), len(back))
	}
}

func (s *stress) appendTo(name string) {
	f, err := os.OpenFile(s.path(name), os.O_WRONLY|os.O_APPEND, 0)
	s.check(err)
	_, err = f.Write(s.content())
	s.check(err)
	s.check(f.Close())
}

// Size of the contention.
const (
	lockProcesses = 4
	lockRounds    = 25
)

// TestShareLocks has several processes count in a file, each step under a lock for which they wait.
func TestShareLocks(t *testing.T) {
	dir := shared(t, "locks")
	for _, kind := range []string{"posix", "flock"} {
		t.Run(kind, func(t *testing.T) {
			file := filepath.Join(dir, kind)
			if err := os.WriteFile(file, []byte("0"), 0o644); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range lockProcesses {
				wg.Go(func() {
					cmd := exec.Command(os.Args[0], "-test.run", "TestShareCount$", "-share", *shareDir)
					cmd.Env = append(os.Environ(), "COUNT_IN="+file, "COUNT_LOCK="+kind)
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				})
			}
			wg.Wait()
			b, err := os.ReadFile(file)
			if want := strconv.Itoa(lockProcesses * lockRounds); err != nil || string(b) != want {
				t.Errorf("the count is %q (%v), want %s", b, err, want)
			}
		})
	}
}

// TestShareCount is one of the processes of TestShareLocks.
func TestShareCount(t *testing.T) {
	file := os.Getenv("COUNT_IN")
	if file == "" {
		t.Skip("skipped: TestShareLocks runs it")
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range lockRounds {
		lock(t, f, syscall.F_WRLCK, syscall.LOCK_EX)
		b := make([]byte, 8)
		n, _ := f.ReadAt(b, 0)
		count, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte(strconv.Itoa(count+1)), 0); err != nil {
			t.Fatal(err)
		}
		lock(t, f, syscall.F_UNLCK, syscall.LOCK_UN)
	}
}

func lock(t *testing.T, f *os.File, posix int16, flock int) {
	t.Helper()
	var err error
	if os.Getenv("COUNT_LOCK") == "posix" {
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLKW, &syscall.Flock_t{Type: posix})
	} else {
		err = syscall.Flock(int(f.Fd()), flock)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var (
	whoAmI   = flag.String("who", "", "name of this machine among those that share a directory")
	howOften = flag.Int("lines", 0, "how many lines it adds to each file there")
)

// TestTogether adds lines to files, as other machines do with the same directory.
func TestTogether(t *testing.T) {
	if *whoAmI == "" {
		t.Skip("skipped: runs in one of several guests that share a directory")
	}
	if err := Together(*shareDir, *whoAmI, *howOften, 0); err != nil {
		t.Fatal(err)
	}
	fmt.Println(*whoAmI, "is done")
}
