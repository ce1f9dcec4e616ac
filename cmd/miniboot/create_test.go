package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// creators are the flags that name a file for what the guest or miniboot writes.
var creators = map[string]func(path string) error{
	"-serial file:": func(path string) error {
		f, err := openConsole(serialOption{serialFile, path}, nil, nil)
		if err == nil {
			f.Close()
		}
		return err
	},
	"-console file:": func(path string) error {
		p, err := consoleOption{consoleFile, path}.open(nil, nil)
		if err == nil {
			p.closer.Close()
		}
		return err
	},
	"pcap=": func(path string) error {
		var all closers
		defer func() { all.Close() }()
		_, err := netOption{pcap: path}.openCapture(&all)
		return err
	},
	"-dumpdtb": func(path string) error { return writeFile(path, nil) },
	"-cpuprofile": func(path string) error {
		stop, err := startCPUProfile(path)
		if err == nil {
			err = stop()
		}
		return err
	},
}

// TestFilesArePrivate: every file that a flag makes can be read by its owner alone, and nothing of another user's is written
// to, neither a file nor through a link. A link of the user's own is followed.
func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: files have no mode and no owner's number here")
	}
	for flag, create := range creators {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		if err := create(at("new")); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
		if info, err := os.Stat(at("new")); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", flag, info.Mode(), err)
		}
		os.Symlink(at("target"), at("own link"))
		if err := create(at("own link")); err != nil {
			t.Errorf("%s, an own link: %v", flag, err)
		}
		if os.Geteuid() != 0 {
			t.Logf("skipped: %s at another user's file: only root can give a file away", flag)
			continue
		}
		os.WriteFile(at("file"), []byte("precious"), 0o666)
		os.Symlink(at("new"), at("link"))
		for _, name := range []string{"file", "link"} {
			asOther(t, at(name), func() {
				if err := create(at(name)); err == nil {
					t.Errorf("%s, another user's %s: no error", flag, name)
				}
			})
		}
		if b, _ := os.ReadFile(at("file")); !bytes.Equal(b, []byte("precious")) {
			t.Errorf("%s: another user's file is now %q", flag, b)
		}
	}
}

// asOther runs f while path is another user's.
func asOther(t *testing.T, path string, f func()) {
	t.Helper()
	if err := os.Lchown(path, 12345, -1); err != nil {
		t.Fatal(err)
	}
	f()
}

// TestFullDisk: whichever console's file cannot be written, the guest goes on, and the user gets one line.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("skipped: no file here is always full:", err)
	}
	var lines bytes.Buffer
	log := slog.New(slog.NewTextHandler(&lines, nil))
	serial, err := openConsole(serialOption{serialFile, "/dev/full"}, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	port, err := consoleOption{consoleFile, "/dev/full"}.open(nil, log)
	if err != nil {
		t.Fatal(err)
	}
	for flag, w := range map[string]io.Writer{"-serial file:/dev/full": serial, "-console file:/dev/full": port.out} {
		lines.Reset()
		for range 3 {
			if n, err := w.Write([]byte("text")); n != 4 || err != nil {
				t.Errorf("%s: wrote %d, %v", flag, n, err)
			}
		}
		if got := lines.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, flag) || !strings.Contains(got, "output is dropped") {
			t.Errorf("%s: logged %q, want one line", flag, got)
		}
	}
	serial.Close()
	port.closer.Close()
}
