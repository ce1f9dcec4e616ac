package softcpu

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

// engine is what the CPUs of tests execute with.
var engine = Interpreter

var engineFlag = flag.String("engine", "both", "the engine that tests run on: interpreter, translator or both")

// TestMain runs every test and benchmark on both engines, one after the other. What
// is fuzzed runs on the translator: a fuzzer's worker runs only once.
func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // the memories of small machines are large and die young
	os.Exit(runOn(m, *engineFlag))
}

func runOn(m *testing.M, engines string) (code int) {
	switch {
	case flag.Lookup("test.list").Value.String() != "":
		return m.Run()
	case flag.Lookup("test.fuzz").Value.String() != "" && engines == "both" && translatorRuns() == nil:
		engines = "translator"
	}
	if engines != "translator" {
		code = m.Run()
	}
	if engines == "interpreter" {
		return code
	}
	if err := translatorRuns(); err != nil {
		fmt.Println("the translator is not tested:", err)
		return code
	}
	if engine = Translator; engines == "both" {
		fmt.Println("again, on the translator:")
	}
	return max(code, m.Run())
}
