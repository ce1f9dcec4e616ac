// Package signed runs tests with the entitlement to use Hypervisor.framework,
// which macOS wants in the program's signature and go test does not put there. A
// package whose tests run guests on a Mac says
//
//	func TestMain(m *testing.M) { signed.Main(m) }
//
// On Apple Silicon Main signs a copy of the test's program ad hoc and becomes it:
// the same process, with the same arguments, working directory and files, so that
// the exit status, signals and -timeout are those of the copy. Everywhere else, and
// if the program has the entitlement already, Main runs the tests.
package signed
