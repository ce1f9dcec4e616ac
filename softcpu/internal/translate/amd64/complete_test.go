package amd64

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// TestFormsAreComplete checks that the tables have every exported constant and
// every exported method of the encoder.
func TestFormsAreComplete(t *testing.T) {
	tested := make(map[string]bool)
	for _, name := range []string{"forms_test.go", "sse_forms_test.go", "vector_forms_test.go", "bytes_test.go", "encode_test.go"} {
		ast.Inspect(parse(t, name), func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				tested[id.Name] = true
			}
			return true
		})
	}
	for _, name := range []string{"asm.go", "sse.go"} {
		for _, d := range parse(t, name).Decls {
			for _, id := range declared(d) {
				if id.IsExported() && !tested[id.Name] {
					t.Errorf("%s: %s is in no table", name, id.Name)
				}
			}
		}
	}
}

func parse(t *testing.T, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// declared returns the constants or the function of a declaration.
func declared(d ast.Decl) (names []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []*ast.Ident{d.Name}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST {
				names = append(names, v.Names...)
			}
		}
	}
	return names
}
