// A program for Go's runtime: goroutines that are preempted by signals, a collector that never rests, faults that become
// panics. Each line that it prints depends on the work before it, and on nothing of the machine.
package main

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/big"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	runtime.GOMAXPROCS(4) // more than the machine has
	debug.SetGCPercent(10)
	for _, work := range []func(){numbers, text, channels, preemption, signals, panics} {
		work()
	}
}

func numbers() {
	for i, f := range []func(float64) float64{math.Sin, math.Exp, math.Log, math.Gamma, math.Cbrt, math.Tanh, math.Floor, math.Sqrt} {
		sum := 0.0
		for x := 0.001; x < 20; x += 0.001 {
			sum = math.FMA(f(x), 1e-3, sum)
		}
		fmt.Println("function", i, sum, float32(sum), int64(sum*1e6))
	}
	a, b := big.NewInt(1), big.NewInt(1)
	for range 5000 {
		a.Add(a, b)
		a, b = b, a
	}
	fmt.Println("fibonacci", a, new(big.Int).Exp(a, b, big.NewInt(math.MaxInt64)), new(big.Int).Sqrt(a).BitLen())
}

func text() {
	counts := map[string]int{}
	var line strings.Builder
	for i := range 40000 {
		word := fmt.Sprintf("%x", i*i%9973)
		counts[word] += len(word)
		line.WriteString(word + " ")
	}
	for _, r := range []string{`\b[a-f]+\d\b`, `(\d)[ac]?\d{1,2}`, `\S*f\s`} {
		e := regexp.MustCompile(r)
		fmt.Printf("%s %d %x\n", r, len(e.FindAllString(line.String(), -1)), sha256.Sum256([]byte(e.ReplaceAllString(line.String(), "<$0>"))))
	}
	fmt.Println("counts", len(counts), len(fmt.Sprint(counts)), counts["a"])
}

// channels passes the numbers through a sieve: each prime is a goroutine. Each makes garbage that holds pointers.
func channels() {
	numbers := make(chan *int)
	go func(out chan<- *int) {
		for i := 2; ; i++ {
			out <- &i
		}
	}(numbers)
	for range 300 {
		prime, in, out := *<-numbers, numbers, make(chan *int)
		fmt.Print(prime, " ")
		go func() {
			for n := range in {
				if n := *n; n%prime != 0 {
					out <- &n
				}
			}
		}()
		numbers = out
	}
	fmt.Println()
}

// preemption has loops that only a signal can interrupt, and a collector that wants to stop them all the time.
func preemption() {
	var wg sync.WaitGroup
	var sums [8]uint64
	for i := range sums {
		wg.Go(func() {
			for n := range uint64(20_000_000) {
				sums[i] = sums[i]*6364136223846793005 + n
			}
		})
	}
	for range 100 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	fmt.Println("preemption", sums)
}

// signals sends one signal after the other to the process; each has to arrive.
func signals() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2)
	arrived := map[os.Signal]int{}
	for i := range 3000 {
		syscall.Kill(os.Getpid(), []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2}[i%2])
		arrived[<-c]++
	}
	fmt.Println("signals", arrived)
}

// panics has faults of the CPU, and stacks that grow before one.
func panics() {
	counts := map[string]int{}
	for i := range 3000 {
		func() {
			defer func() { counts[fmt.Sprint(recover())]++ }()
			fault(i, i%100)
		}()
	}
	fmt.Println("panics", counts)
}

func fault(kind, depth int) int {
	var frame [64]int
	if depth > 0 {
		frame[depth%64] = fault(kind, depth-1)
		return frame[kind%64]
	}
	var nowhere *[64]int
	switch kind % 4 {
	case 0:
		return nowhere[kind%64]
	case 1:
		return kind / len(frame[64:])
	case 2:
		return frame[kind%8*8:][64]
	default:
		return len(any(kind).(fmt.Stringer).String())
	}
}
