// Package signed gives a program the entitlement to use Hypervisor.framework, which
// macOS wants to see in the program's signature and which the go command does not put
// there. Nobody has to run codesign. On Apple Silicon it signs a copy of the program ad
// hoc, see package codesign, and executes the copy in the same process: arguments,
// working directory, open files and environment are the same, with one variable more. On
// other hosts, and if the program has the entitlement already, it does nothing.
//
// Nothing happens by itself. A program calls Become first thing in main, before it has
// opened a file or started a goroutine:
//
//	func main() {
//		if err := signed.Become(nil); err != nil {
//			log.Print(err) // accel.New("auto") will take the software CPU
//		}
//		...
//	}
//
// A package whose tests run guests on a Mac has
//
//	func TestMain(m *testing.M) { signed.Main(m) }
//
// Their exit status, signals and -timeout are what go test sees. The TestMain of package
// hvf is an example.
package signed
