package codesign

import "fmt"

// Version is the version of an SDK, as load commands have it: major, minor and patch in
// 16, 8 and 8 bits.
type Version uint32

// String returns the version as Apple writes it: 12.0, or 10.15.4.
func (v Version) String() string {
	s := fmt.Sprintf("%d.%d", uint32(v)>>16, uint32(v)>>8&0xff)
	if patch := uint32(v) & 0xff; patch != 0 {
		s += fmt.Sprintf(".%d", patch)
	}
	return s
}

// KeepSDK is the newest SDK with which Sign leaves a program of a hypervisor. macOS
// chooses by that version at which rate a process, and then its guests, see the
// processor's counters count: 24 MHz, or 1 GHz from the M3 on. With an old version it is
// 24 MHz. Go's own linker writes 12.0.
const KeepSDK Version = 12 << 16

// Load commands that have the version of the SDK, and where (mach-o/loader.h).
const (
	cmdVersionMinMacOS = 0x24 // LC_VERSION_MIN_MACOSX, before macOS 10.14
	versionMinSize     = 16
	versionMinSDK      = 12

	cmdBuildVersion  = 0x32 // LC_BUILD_VERSION
	buildVersionSize = 24   // and 8 bytes for each tool
	buildPlatform    = 8
	buildVersionSDK  = 16
	platformMacOS    = 1
)

// version reads a load command that may have the version of the macOS SDK.
func (p *program) version(at int, c []byte) error {
	cmd := le.Uint32(c)
	if least := map[uint32]int{cmdVersionMinMacOS: versionMinSize, cmdBuildVersion: buildVersionSize}[cmd]; len(c) < least {
		return fmt.Errorf("damaged: the load command 0x%x at 0x%x has 0x%x bytes, fewer than 0x%x", cmd, at, len(c), least)
	}
	switch {
	case cmd == cmdVersionMinMacOS:
		p.sdks = append(p.sdks, at+versionMinSDK)
	case le.Uint32(c[buildPlatform:]) == platformMacOS:
		p.sdks = append(p.sdks, at+buildVersionSDK)
	}
	return nil
}

// sdk is the newest version in the program's load commands, or 0.
func (p *program) sdk() (newest Version) {
	for _, at := range p.sdks {
		newest = max(newest, Version(le.Uint32(p.file[at:])))
	}
	return newest
}

// lowerSDK replaces versions that are newer than KeepSDK.
func (p *program) lowerSDK() {
	for _, at := range p.sdks {
		le.PutUint32(p.file[at:], min(le.Uint32(p.file[at:]), uint32(KeepSDK)))
	}
}

// SDK returns the version of the macOS SDK that a program was linked with, or 0 if it
// does not tell.
func SDK(file []byte) (Version, error) {
	p, err := parse(file)
	if err != nil {
		return 0, err
	}
	return p.sdk(), nil
}
