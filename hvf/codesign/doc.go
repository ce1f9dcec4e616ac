// Package codesign gives a Mach-O program for arm64 an ad-hoc code signature
// with entitlements, on any host.
//
// The layout is that of xnu's osfmk/kern/cs_blobs.h (xnu-11215, macOS 15) and
// of mach-o/loader.h; Apple's TN3125 tells what the parts are for and
// TN3126 that entitlements are there twice, as a property list and in DER.
//
// A signature is a SuperBlob at the end of the __LINKEDIT segment, where the
// load command LC_CODE_SIGNATURE points. It has five blobs: the CodeDirectory
// (version 0x20400, flag adhoc, SHA-256 of each page of 4 KiB, which Go's
// linker and LLVM's take for arm64 too), an empty list of requirements, the
// entitlements twice, and the empty wrapper in which a certificate's signature
// would be. The CodeDirectory holds the hashes of the blobs beside it.
//
// Missing on purpose: certificates, notarization, the hardened runtime, fat
// files, other processors, bundles and an embedded Info.plist (it stays
// unbound, as codesign(1) calls it), values of entitlements other than true.
package codesign
