package codesign_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// TestRefuse: files that cannot be signed, and the one-line error for each.
func TestRefuse(t *testing.T) {
	le := binary.LittleEndian
	patch := func(at int, v uint32) func(*testing.T, []byte) []byte {
		return func(_ *testing.T, f []byte) []byte { le.PutUint32(f[at:], v); return f }
	}
	cases := map[string]struct {
		change func(*testing.T, []byte) []byte
		want   string
	}{
		"empty":        {func(*testing.T, []byte) []byte { return nil }, "not a Mach-O file"},
		"ELF":          {func(*testing.T, []byte) []byte { return append([]byte("\x7fELF"), make([]byte, 100)...) }, "not a Mach-O file"},
		"header only":  {func(_ *testing.T, f []byte) []byte { return f[:32] }, "truncated"},
		"half":         {func(_ *testing.T, f []byte) []byte { return f[:len(f)/2] }, "truncated"},
		"one byte off": {func(_ *testing.T, f []byte) []byte { return f[:len(f)-1] }, "truncated"},
		"appended":     {func(_ *testing.T, f []byte) []byte { return append(f, "zip"...) }, "0x3 bytes follow the last segment"},
		"fat":          {func(_ *testing.T, f []byte) []byte { return append([]byte{0xca, 0xfe, 0xba, 0xbe}, f...) }, "a fat file"},
		"32 bits":      {patch(0, 0xfeedface), "give a program built for darwin/arm64"},
		"x86_64":       {patch(4, 0x01000007), "a Mach-O file for x86_64"},
		"library":      {patch(12, 6), "type 6"},
		"zero command": {patch(36, 0), "damaged: the load command at 0x20"},
		"long command": {patch(36, 1<<31), "damaged: the load command at 0x20"},
		"fewer commands": {func(_ *testing.T, f []byte) []byte {
			le.PutUint32(f[16:], le.Uint32(f[16:])-1)
			return f
		}, "damaged: load commands end at"},
		"signature in the header": {func(t *testing.T, f []byte) []byte {
			last := 32 + int(le.Uint32(f[20:])) - 16
			le.PutUint32(f[last+8:], 64)
			le.PutUint32(f[last+12:], uint32(len(f)-64))
			le.PutUint64(f[linkedit(t, f)+40:], 0)
			le.PutUint64(f[linkedit(t, f)+48:], uint64(len(f)))
			for at := 32; at < last; at += int(le.Uint32(f[at+4:])) {
				if le.Uint32(f[at:]) == 0x19 && at != linkedit(t, f) {
					le.PutUint64(f[at+40:], 0) // empty, so that __LINKEDIT is behind it
					le.PutUint64(f[at+48:], 0)
				}
			}
			return f
		}, "is not the end of __LINKEDIT"},
		"sections": {patch(32+64, 0xffffffff), "damaged: the segment command at 0x20"},
		"no room": {func(t *testing.T, f []byte) []byte {
			f = unsigned(t, f)
			text := 32 + 72 // __TEXT follows __PAGEZERO; its first section is that of the code
			le.PutUint32(f[text+72+48:], 32+le.Uint32(f[20:])+15)
			return f
		}, "no room for a load command"},
		"signature elsewhere": {func(t *testing.T, f []byte) []byte {
			last := 32 + int(le.Uint32(f[20:])) - 16
			le.PutUint32(f[last+8:], le.Uint32(f[last+8:])-16)
			return f
		}, "is not the end of __LINKEDIT"},
		"segment behind": {func(t *testing.T, f []byte) []byte {
			le.PutUint64(f[linkedit(t, f)+24:], 0)
			return f
		}, "has to be last"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := codesign.Sign(c.change(t, hello(t)), "hello", entitled)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, c.want)
			}
		})
	}
	t.Run("built for amd64", func(t *testing.T) {
		if _, err := codesign.Sign(build(t, "amd64", ""), "hello", entitled); err == nil {
			t.Error("no error")
		}
	})
}

// FuzzSign: no file makes Sign panic, and a signed file can be signed again.
func FuzzSign(f *testing.F) {
	header := make([]byte, 32+72+72+16+64)
	le := binary.LittleEndian
	for i, v := range []uint32{0xfeedfacf, 0x0100000c, 0, 2, 2, 144} {
		le.PutUint32(header[4*i:], v)
	}
	for i, name := range []string{"__TEXT", "__LINKEDIT"} {
		c := header[32+72*i:]
		le.PutUint32(c, 0x19)
		le.PutUint32(c[4:], 72)
		copy(c[8:], name)
		le.PutUint64(c[40:], uint64(192*i)) // fileoff, filesize
		le.PutUint64(c[48:], uint64(192-128*i))
	}
	f.Add(header)
	if _, err := codesign.Sign(header, "seed", entitled); err != nil {
		f.Fatalf("the seed cannot be signed: %v", err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		codesign.EntitlementsXML(file)
		signed, err := codesign.Sign(file, "fuzz", entitled)
		if err != nil {
			return
		}
		if again, err := codesign.Sign(signed, "fuzz", entitled); err != nil || string(again) != string(signed) {
			t.Errorf("signed again: %v", err)
		}
	})
}
