package codesign_test

import (
	"bytes"
	"crypto/sha256"
	"debug/macho"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

var entitled = codesign.Entitlements{codesign.Hypervisor}

// build cross-builds a small program for a target, with the linker's flags.
func build(t *testing.T, arch, ldflags string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs for darwin")
	}
	dir := t.TempDir()
	src := filepath.Join(dir, "main.go")
	if err := os.WriteFile(src, []byte("package main\n\nfunc main() { println(\"hello\") }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "hello")
	cmd := exec.Command("go", "build", "-ldflags="+ldflags, "-o", bin, src)
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("the go command is needed to build a program: %v\n%s", err, out)
	}
	file, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// hello is the program that most tests sign.
func hello(t *testing.T) []byte {
	helloOnce.Do(func() { helloFile = build(t, "arm64", "") })
	if helloFile == nil {
		t.Skip("there is no program to sign")
	}
	return bytes.Clone(helloFile)
}

var (
	helloOnce sync.Once
	helloFile []byte
)

// unsigned takes the signature off: the load command, which is the last that
// Go's linker writes, and the bytes.
func unsigned(t *testing.T, file []byte) []byte {
	t.Helper()
	le := binary.LittleEndian
	n, size := le.Uint32(file[16:]), le.Uint32(file[20:])
	for at, i := uint32(32), uint32(0); i < n; i++ {
		cmd, cmdSize := le.Uint32(file[at:]), le.Uint32(file[at+4:])
		if cmd == 0x1d {
			if i != n-1 {
				t.Fatalf("LC_CODE_SIGNATURE is load command %d of %d", i, n)
			}
			end := le.Uint32(file[at+8:])
			copy(file[at:], make([]byte, cmdSize))
			le.PutUint32(file[16:], n-1)
			le.PutUint32(file[20:], size-cmdSize)
			file = file[:end]
		}
		at += cmdSize
	}
	at := linkedit(t, file)
	le.PutUint64(file[at+48:], uint64(len(file))-le.Uint64(file[at+40:]))
	return file
}

// linkedit is the offset of the command of __LINKEDIT.
func linkedit(t *testing.T, file []byte) int {
	t.Helper()
	at := bytes.Index(file, append([]byte("__LINKEDIT"), make([]byte, 6)...))
	if at < 8 {
		t.Fatal("the file has no __LINKEDIT")
	}
	return at - 8
}

func mustSign(t *testing.T, file []byte) []byte {
	t.Helper()
	signed, err := codesign.Sign(file, "hello", entitled)
	if err != nil {
		t.Fatalf("Sign: %v", err)
	}
	return signed
}

func TestSign(t *testing.T) {
	for name, program := range map[string]func(*testing.T) []byte{
		"of Go's linker":  hello,
		"without symbols": func(t *testing.T) []byte { return build(t, "arm64", "-s -w") },
		"unsigned":        func(t *testing.T) []byte { return unsigned(t, hello(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			file := program(t)
			before := bytes.Clone(file)
			signed := mustSign(t, file)
			if !bytes.Equal(file, before) {
				t.Error("Sign changed its argument")
			}
			verify(t, signed)
			if again := mustSign(t, signed); !bytes.Equal(again, signed) {
				t.Errorf("signing again changes the file: 0x%x bytes, were 0x%x", len(again), len(signed))
			}
			sameProgram(t, before, signed)
		})
	}
}

// TestUnsignedIsTheSame: whether there was a signature makes no difference.
func TestUnsignedIsTheSame(t *testing.T) {
	if !bytes.Equal(mustSign(t, hello(t)), mustSign(t, unsigned(t, hello(t)))) {
		t.Error("the program signed without its first signature differs from that signed over it")
	}
}

// sameProgram compares all sections.
func sameProgram(t *testing.T, before, after []byte) {
	t.Helper()
	b, err := macho.NewFile(bytes.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	a, err := macho.NewFile(bytes.NewReader(after))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Sections) != len(b.Sections) || len(a.Sections) == 0 {
		t.Fatalf("%d sections, were %d", len(a.Sections), len(b.Sections))
	}
	for i := range b.Sections {
		if a.Sections[i].SectionHeader != b.Sections[i].SectionHeader {
			t.Errorf("section header %v, was %v", a.Sections[i].SectionHeader, b.Sections[i].SectionHeader)
		}
		if b.Sections[i].Offset == 0 {
			continue // zeroes, which are not in the file
		}
		was, _ := b.Sections[i].Data()
		is, _ := a.Sections[i].Data()
		if !bytes.Equal(was, is) {
			t.Errorf("section %s changed", b.Sections[i].Name)
		}
	}
}

func TestEntitlementsXML(t *testing.T) {
	if xml, err := codesign.EntitlementsXML(hello(t)); err != nil || xml != nil {
		t.Errorf("of Go's linker's signature: %q, %v; want none", xml, err)
	}
	if _, err := codesign.EntitlementsXML(unsigned(t, hello(t))); err != codesign.ErrUnsigned {
		t.Errorf("of an unsigned program: %v, want %v", err, codesign.ErrUnsigned)
	}
	xml, err := codesign.EntitlementsXML(mustSign(t, hello(t)))
	if diff := cmp.Diff(string(entitled.XML()), string(xml)); err != nil || diff != "" {
		t.Errorf("of a signed program: %v (-want +got):\n%s", err, diff)
	}
}

// TestDER: an encoding made by hand from the form in the documentation.
func TestDER(t *testing.T) {
	want := "70" + "29" + // [APPLICATION 16]
		"020101" + // INTEGER 1
		"b0" + "24" + // [CONTEXT 16]
		"30" + "22" + // SEQUENCE
		"0c" + "1d" + hex.EncodeToString([]byte("com.apple.security.hypervisor")) + // UTF8String
		"0101ff" // BOOLEAN TRUE
	if diff := cmp.Diff(want, hex.EncodeToString(entitled.DER())); diff != "" {
		t.Errorf("DER (-want +got):\n%s", diff)
	}
	long := codesign.Entitlements{strings.Repeat("k", 200)}.DER()
	if want := "7081d7" + "020101" + "b081d1" + "3081ce" + "0c81c8"; !strings.HasPrefix(hex.EncodeToString(long), want) {
		t.Errorf("lengths above 127: %x, want %s first", long[:15], want)
	}
	sum := sha256.Sum256(codesign.Entitlements{"b", "a"}.DER())
	if sum != sha256.Sum256(codesign.Entitlements{"a", "b"}.DER()) {
		t.Error("keys are not sorted")
	}
}

// TestLLVM lets another reader look at the load commands.
func TestLLVM(t *testing.T) {
	tool, err := exec.LookPath("llvm-objdump")
	if err != nil {
		t.Skipf("llvm-objdump is needed: %v", err)
	}
	signed := mustSign(t, unsigned(t, hello(t)))
	path := filepath.Join(t.TempDir(), "hello")
	if err := os.WriteFile(path, signed, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "--macho", "--private-headers", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "LC_CODE_SIGNATURE") || strings.Contains(string(out), "past end of file") {
		t.Errorf("llvm-objdump finds no signature or no room for it:\n%s", out)
	}
}
