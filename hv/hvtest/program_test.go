package hvtest

import (
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// TestDisassembly compares each instruction word in this package with the text
// beside it.
func TestDisassembly(t *testing.T) {
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			word, text, ok := instruction(node)
			if ok {
				n++
				if got := disassemble(word); got != text {
					t.Errorf("%v: 0x%08x is %q, not %q", fset.Position(node.Pos()), word, got, text)
				}
			}
			return true
		})
	}
	if n < 300 {
		t.Errorf("found %d instructions in the package's source, want all: more than 300", n)
	}
}

// instruction returns a composite literal that begins with eight hexadecimal
// digits and a string.
func instruction(n ast.Node) (word uint32, text string, ok bool) {
	lit, ok := n.(*ast.CompositeLit)
	if !ok || len(lit.Elts) < 2 {
		return 0, "", false
	}
	num, ok1 := lit.Elts[0].(*ast.BasicLit)
	str, ok2 := lit.Elts[1].(*ast.BasicLit)
	if !ok1 || !ok2 || num.Kind != token.INT || str.Kind != token.STRING || len(num.Value) != len("0x00000000") {
		return 0, "", false
	}
	v, err1 := strconv.ParseUint(num.Value, 0, 32)
	text, err2 := strconv.Unquote(str.Value)
	return uint32(v), text, err1 == nil && err2 == nil
}

// disassemble returns arm64asm's GNU syntax, with names for system registers and
// signed branch offsets. It adds the instructions that arm64asm does not know.
func disassemble(word uint32) string {
	if s := disassembleMore(word); s != "" {
		return s
	}
	inst, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, word))
	if err != nil {
		return err.Error()
	}
	s := strings.TrimSpace(arm64asm.GNUSyntax(inst))
	s = genericName.ReplaceAllStringFunc(s, func(name string) string {
		var f [5]uint32
		fmt.Sscanf(name, "s%d_%d_c%d_c%d_%d", &f[0], &f[1], &f[2], &f[3], &f[4])
		return sysRegName(aarch64.SysRegOf(f[0], f[1], f[2], f[3], f[4]))
	})
	return backwards.ReplaceAllStringFunc(s, func(off string) string {
		v, _ := strconv.ParseUint(off[len(".+"):], 0, 64)
		return fmt.Sprintf(".-0x%x", -v)
	})
}

var (
	genericName = regexp.MustCompile(`s\d_\d_c\d+_c\d+_\d`)
	backwards   = regexp.MustCompile(`\.\+0xf[0-9a-f]{15}`)
)

// TestMadeInstructions checks the words that the package computes.
func TestMadeInstructions(t *testing.T) {
	check := func(word uint32, want string) {
		if got := disassemble(word); got != want {
			t.Errorf("0x%08x is %q, want %q", word, got, want)
		}
	}
	for _, r := range append(systemRegs[:len(systemRegs):len(systemRegs)], sysReg{reg: aarch64.DBGBCR(5)}, sysReg{reg: aarch64.DBGWVR(0)}) {
		name := strings.ToLower(r.reg.String())
		check(mrs(r.reg), "mrs x0, "+name)
		check(msr(r.reg), "msr "+name+", x0")
	}
	for _, imm := range []uint16{0, 7, 0x1280, 0xffff} {
		check(hvc(imm), fmt.Sprintf("hvc #0x%x", imm))
	}
}
