// Package signed runs tests with the entitlement to use Hypervisor.framework. macOS
// requires it in the program's signature, and go test does not put it there. A
// package whose tests run guests on a Mac has
//
//	func TestMain(m *testing.M) { signed.Main(m) }
//
// On Apple Silicon Main signs a copy of the test program ad hoc, see package
// codesign, and executes the copy in the same process. The copy has the same
// arguments, working directory and files, so its exit status, signals and -timeout
// are what go test sees. On other hosts, and if the program has the entitlement
// already, Main just runs the tests. The TestMain of package hvf is an example.
package signed
