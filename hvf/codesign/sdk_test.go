package codesign_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// Load commands with the version of an SDK, and the offset of that field.
const (
	versionMin   = 0x24 // LC_VERSION_MIN_MACOSX
	buildVersion = 0x32 // LC_BUILD_VERSION
)

// buildVersionOf finds LC_BUILD_VERSION, which Go's linker writes.
func buildVersionOf(t *testing.T, file []byte) (command []byte) {
	t.Helper()
	le := binary.LittleEndian
	for at, n := uint32(32), le.Uint32(file[16:]); n > 0; n-- {
		size := le.Uint32(file[at+4:])
		if le.Uint32(file[at:]) == buildVersion {
			return file[at : at+size]
		}
		at += size
	}
	t.Fatal("the program has no LC_BUILD_VERSION")
	return nil
}

// withSDK returns the program as another linker would write it.
func withSDK(t *testing.T, sdk uint32) []byte {
	file := hello(t)
	binary.LittleEndian.PutUint32(buildVersionOf(t, file)[16:], sdk)
	return file
}

// TestSDK: a signature with the hypervisor's entitlement is of a program with an SDK not
// newer than 12.0, and is right for it.
func TestSDK(t *testing.T) {
	for _, c := range []struct {
		name      string
		sdk, want uint32
	}{
		{"Xcode 16", 0xf0500, 0xc0000},
		{"the next major version", 0xd0000, 0xc0000},
		{"a little newer", 0xc0001, 0xc0000},
		{"as Go's linker", 0xc0000, 0xc0000},
		{"older", 0xb0301, 0xb0301},
		{"unknown", 0, 0},
	} {
		file := withSDK(t, c.sdk)
		if v, err := codesign.SDK(file); err != nil || uint32(v) != c.sdk {
			t.Errorf("%s: SDK %v, %v, want 0x%x", c.name, v, err, c.sdk)
		}
		signed := mustSign(t, file)
		verify(t, signed)
		if got := binary.LittleEndian.Uint32(buildVersionOf(t, signed)[16:]); got != c.want {
			t.Errorf("%s: signed with SDK 0x%x, want 0x%x", c.name, got, c.want)
		}
		if os := binary.LittleEndian.Uint32(buildVersionOf(t, signed)[12:]); os != binary.LittleEndian.Uint32(buildVersionOf(t, file)[12:]) {
			t.Errorf("%s: the least macOS is 0x%x now", c.name, os)
		}
		if again := mustSign(t, signed); !bytes.Equal(again, signed) {
			t.Errorf("%s: signing again changes the file", c.name)
		}
	}
}

// TestSDKStays: a program that is no hypervisor, or of another platform, keeps its SDK.
func TestSDKStays(t *testing.T) {
	le := binary.LittleEndian
	signed, err := codesign.Sign(withSDK(t, 0xf0500), "hello", codesign.Entitlements{codesign.AllowJIT})
	if err != nil {
		t.Fatal(err)
	}
	if got := le.Uint32(buildVersionOf(t, signed)[16:]); got != 0xf0500 {
		t.Errorf("without the hypervisor's entitlement: SDK 0x%x, want 0xf0500", got)
	}
	file := withSDK(t, 0xf0500)
	le.PutUint32(buildVersionOf(t, file)[8:], 2) // iOS
	signed = mustSign(t, file)
	if got := le.Uint32(buildVersionOf(t, signed)[16:]); got != 0xf0500 {
		t.Errorf("of iOS: SDK 0x%x, want 0xf0500", got)
	}
	if v, err := codesign.SDK(file); err != nil || v != 0 {
		t.Errorf("SDK %v of macOS, %v, want none", v, err)
	}
}

// TestVersionMin: older linkers write LC_VERSION_MIN_MACOSX.
func TestVersionMin(t *testing.T) {
	le := binary.LittleEndian
	file := withSDK(t, 0)
	c := buildVersionOf(t, file)
	rest := len(c) - 16
	copy(c, make([]byte, len(c)))
	for i, v := range []uint32{versionMin, 16, 0xa0d00, 0xf0500, 0x2a, uint32(rest)} { // and a command that says nothing
		le.PutUint32(c[4*i:], v)
	}
	le.PutUint32(file[16:], le.Uint32(file[16:])+1)
	signed := mustSign(t, file)
	verify(t, signed)
	at := bytes.Index(signed, le.AppendUint32(le.AppendUint32(nil, versionMin), 16))
	if sdk, os := le.Uint32(signed[at+12:]), le.Uint32(signed[at+8:]); sdk != 0xc0000 || os != 0xa0d00 {
		t.Errorf("signed with SDK 0x%x of macOS 0x%x, want 0xc0000 of 0xa0d00", sdk, os)
	}
	le.PutUint32(c[4:], 12) // the command ends before its SDK
	le.PutUint32(c[12+4:], uint32(rest+4))
	if _, err := codesign.SDK(file); err == nil || !strings.Contains(err.Error(), "damaged: the load command 0x24") {
		t.Errorf("a command that is too short: %v", err)
	}
}

func TestVersionString(t *testing.T) {
	for v, want := range map[codesign.Version]string{0xc0000: "12.0", 0xf0500: "15.5", 0x1a0201: "26.2.1"} {
		if v.String() != want {
			t.Errorf("0x%x is %v, want %s", uint32(v), v, want)
		}
	}
}
