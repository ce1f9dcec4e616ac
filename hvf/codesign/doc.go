// Package codesign gives a Mach-O program for arm64 an ad-hoc code signature
// with entitlements, on any host.
//
// The layout follows xnu's osfmk/kern/cs_blobs.h (xnu-11215, macOS 15) and
// mach-o/loader.h. Apple's TN3125 explains the parts. TN3126 says that entitlements
// are there twice: as a property list and in DER.
//
// A signature is a SuperBlob at the end of the __LINKEDIT segment, where the load
// command LC_CODE_SIGNATURE points. It has five blobs: the CodeDirectory, an empty
// list of requirements, the entitlements twice, and an empty wrapper for a
// certificate's signature. The CodeDirectory has version 0x20400, the flag adhoc,
// and the SHA-256 of each page of 4 KiB (Go's and LLVM's linkers use that page size
// for arm64 too). It also has the hashes of the blobs beside it.
//
// Sign also lowers the version of the SDK in the load commands of a hypervisor: see
// KeepSDK. Nothing else in the program changes.
//
// Missing on purpose: certificates, notarization, the hardened runtime, fat files,
// other processors, bundles, an embedded Info.plist (it stays unbound, as
// codesign(1) calls it), and entitlements with a value other than true.
package codesign
