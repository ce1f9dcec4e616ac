package main

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/vmm"
)

func TestAdvise(t *testing.T) {
	other := errors.New("boot: other")
	for _, tc := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("boot: %w: 0x1 bytes", boot.ErrMemorySize), "boot: no such memory size: 0x1 bytes: use -m 512M"},
		{fmt.Errorf("vmm: %w: %w", vmm.ErrNoBackendGIC, hvf.ErrUnsupported), "exists only on Apple Silicon Macs: hv: not available on this host: use -irqchip go"},
		{hvf.ErrUnsupported, "exists only on Apple Silicon Macs: hv: not available on this host: use -accel soft"},
		{other, "boot: other"},
	} {
		if got := advise(tc.err); !strings.HasSuffix(got.Error(), tc.want) || !errors.Is(got, tc.err) {
			t.Errorf("%q, want %q at its end", got, tc.want)
		}
	}
}

// flagNames are the flags of the command, as its help lists them.
func flagNames(t *testing.T) []string {
	var help strings.Builder
	if _, err := parseOptions([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(help.String(), -1) {
		names = append(names, m[1])
	}
	if len(names) < 20 {
		t.Fatalf("flags %q: the help has more", names)
	}
	return names
}

// TestLibraryNamesNoFlag reads the string literals of every package but the commands: whoever imports one has other
// flags, or none.
func TestLibraryNamesNoFlag(t *testing.T) {
	names := regexp.MustCompile(`(^|[ (])-(` + strings.Join(flagNames(t), "|") + `)\b`)
	files := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "cmd" || entry.Name() == "testdata" || entry.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil || file.Name.Name == "main" {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && names.MatchString(strings.Trim(lit.Value, "\"`")) {
				t.Errorf("%v: %s names a flag of the command", files.Position(lit.Pos()), lit.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMoreMemoryThanTheHost: one line, and only then.
func TestMoreMemoryThanTheHost(t *testing.T) {
	const host = 23 << 30
	for guest, want := range map[uint64]string{
		200 << 30: "-m 200G: the host has 23552 MiB: the system may end miniboot when the guest uses more",
		23 << 30:  "",
	} {
		if got := memoryDoubt(guest, host); got != want {
			t.Errorf("%d bytes: %q, want %q", guest, got, want)
		}
	}
	if n, ok := hostMemory(); ok && (n < 1<<28 || n > 1<<50) {
		t.Errorf("the host has 0x%x bytes", n)
	}
}
