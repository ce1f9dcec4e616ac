package bare

import (
	"encoding/binary"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// TestCode: the words of code are what stands beside them, if the disassembler of the Go project is right.
func TestCode(t *testing.T) {
	source, err := os.ReadFile("bare.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "var code = ")
	lines := regexp.MustCompile(`0x[0-9a-f]{8}, // (?:\w+: )?(\S+)`).FindAllStringSubmatch(list, len(code))
	if len(lines) != len(code) {
		t.Fatalf("%d words have a text beside them, want %d", len(lines), len(code))
	}
	for i, w := range code {
		if lines[i][1] == "hvc" {
			continue // arm64asm does not know it
		}
		in, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, w))
		if err != nil {
			t.Fatalf("0x%08x: %v", w, err)
		}
		got, _, _ := strings.Cut(arm64asm.GNUSyntax(in), " ")
		if want := strings.Replace(lines[i][1], "b.lo", "b.cc", 1); got != want {
			t.Errorf("0x%08x is %s, want %s", w, got, want)
		}
	}
}
