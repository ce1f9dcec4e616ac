package virtiotest

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Footprint is what this process has of its host.
type Footprint struct {
	Goroutines  int
	Descriptors int // 0 where nobody counts them
	Resident    int // bytes of memory; 0 where nobody counts them, or the race detector has its own
}

// Measure returns the footprint, without garbage.
func Measure() (f Footprint) {
	debug.FreeOSMemory()
	f.Goroutines = runtime.NumGoroutine()
	open, _ := os.ReadDir("/dev/fd")
	f.Descriptors = len(open)
	statm, _ := os.ReadFile("/proc/self/statm")
	if words := strings.Fields(string(statm)); len(words) > 1 && !RaceEnabled {
		pages, _ := strconv.Atoi(words[1])
		f.Resident = pages * os.Getpagesize()
	}
	return f
}

// slack is how many bytes the memory of the process may grow by, whatever it does so often: Go's heap is never quite the
// same twice.
const slack = 6 << 20

// Flat does something warm times, and then so many times more, and wants the footprint to be the same after both. warm is
// what fills caches and bounded lists. What ends late has some seconds to end.
func Flat(t testing.TB, warm, times int, do func(i int)) {
	t.Helper()
	for i := range warm {
		do(i)
	}
	before := Measure()
	for i := range times {
		do(warm + i)
	}
	before.WantSame(t, times)
}

// WantSame wants the footprint to become f again, after something was done so many times.
func (f Footprint) WantSame(t testing.TB, times int) {
	t.Helper()
	now := Measure()
	for end := time.Now().Add(deadline); !now.within(f) && time.Now().Before(end); now = Measure() {
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("after %d more times: %d goroutines, there were %d; %d descriptors, there were %d; %d KiB resident, there were %d",
		times, now.Goroutines, f.Goroutines, now.Descriptors, f.Descriptors, now.Resident>>10, f.Resident>>10)
	if !now.within(f) {
		t.Errorf("%+v, want no more than %+v and 0x%x bytes", now, f, slack)
	}
}

func (f Footprint) within(most Footprint) bool {
	return f.Goroutines <= most.Goroutines && f.Descriptors <= most.Descriptors && f.Resident <= most.Resident+slack
}

// Times is how often to do something: n times if MINIBOOT_FULL is set, and otherwise a twentieth of that.
func Times(n int) int {
	if os.Getenv("MINIBOOT_FULL") != "" {
		return n
	}
	return n / 20
}
