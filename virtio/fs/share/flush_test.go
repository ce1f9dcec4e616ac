//go:build linux || darwin

package share

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// On macOS fsync(2) leaves data in the drive's own cache. No test sees that, so this one reads
// the source: what flushes a shared file or a disk calls F_FULLFSYNC first, as os.File.Sync
// does on macOS.
func TestFlushOnDarwinEmptiesTheDrivesCache(t *testing.T) {
	for path, want := range map[string][]string{
		"host_darwin.go":                       {"FcntlInt", "F_FULLFSYNC", "Fsync"},
		"../../blk/raw/range_darwin_unsafe.go": {"File", "Sync"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, selectors(file, "flush")); diff != "" {
			t.Errorf("%s: what flush uses: -want +got\n%s", path, diff)
		}
	}
}

// selectors returns what follows a dot in a function, in order.
func selectors(file *ast.File, function string) (names []string) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				names = append(names, s.Sel.Name)
			}
			return true
		})
	}
	return names
}
