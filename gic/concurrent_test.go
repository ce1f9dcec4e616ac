package gic

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// wire is a CPU's input for tests with goroutines.
type wire struct {
	high atomic.Bool
	kick chan struct{}
}

func (w *wire) Set(high bool) {
	w.high.Store(high)
	if high {
		select {
		case w.kick <- struct{}{}:
		default:
		}
	}
}

func wires(n int) (ws []*wire, lines []mmio.Line) {
	for range n {
		w := &wire{kick: make(chan struct{}, 1)}
		ws, lines = append(ws, w), append(lines, w)
	}
	return ws, lines
}

// Devices raise level-sensitive lines from goroutines of their own, and wait
// until a CPU has lowered them; CPUs send each other SGIs meanwhile. Nothing
// gets lost, whatever the interleaving.
func TestConcurrentDelivery(t *testing.T) {
	const cpus, devices, rounds = 4, 8, 300
	irq, lines := wires(cpus)
	g, err := NewV3(Config{CPUs: cpus, SPIs: devices, IRQ: lines})
	if err != nil {
		t.Fatal(err)
	}
	r := &rigV3{V3: g}
	prepare(r, cpus)
	inputs := make([]mmio.Line, devices)
	served := make([]chan struct{}, devices)
	for i := range devices {
		setUp(r, i%cpus, 32+i, group1, uint64(i*16))
		inputs[i] = g.SPI(i)
		served[i] = make(chan struct{}, 1)
	}
	for cpu := range cpus {
		setUp(r, cpu, 1, group1, 0)
	}

	stop := make(chan struct{})
	var guests, host sync.WaitGroup
	for cpu := range cpus {
		guests.Go(func() { runGuest(g, cpu, irq[cpu], inputs, served, stop) })
	}
	var lost atomic.Int32
	for i := range devices {
		host.Go(func() {
			for range rounds {
				inputs[i].Set(true)
				select {
				case <-served[i]:
				case <-time.After(20 * time.Second):
					lost.Add(1)
					return
				}
			}
		})
	}
	host.Wait()
	close(stop)
	guests.Wait()
	want(t, "interrupts lost", lost.Load(), 0)
	for cpu := range cpus {
		want(t, "RPR in the end", r.running(cpu), idlePriority)
	}
}

// runGuest is a CPU that waits for its IRQ, serves a device by lowering its
// line, and sends an SGI now and then.
func runGuest(g *V3, cpu int, irq *wire, inputs []mmio.Line, served []chan struct{}, stop chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-irq.kick:
		case <-stop:
			return
		}
		for irq.high.Load() {
			id, _ := g.ReadSysReg(cpu, aarch64.ICC_IAR1_EL1)
			switch {
			case id == spurious:
				continue
			case id >= 32:
				inputs[id-32].Set(false)
			}
			g.WriteSysReg(cpu, aarch64.ICC_EOIR1_EL1, id)
			if id >= 32 {
				served[id-32] <- struct{}{}
				g.WriteSysReg(cpu, aarch64.ICC_SGI1R_EL1, 1<<24|1<<((cpu+1)%4))
			}
		}
	}
}

// Everything at once, for the race detector; in the end the signals are what
// the state says.
func TestConcurrentChaos(t *testing.T) {
	for _, three := range []bool{false, true} {
		const cpus = 2
		irq, irqLines := wires(cpus)
		fiq, fiqLines := wires(cpus)
		cfg := Config{CPUs: cpus, SPIs: 40, IRQ: irqLines, FIQ: fiqLines}
		var r rig
		if three {
			g, err := NewV3(cfg)
			if err != nil {
				t.Fatal(err)
			}
			r = &rigV3{V3: g}
		} else {
			g, err := NewV2(cfg)
			if err != nil {
				t.Fatal(err)
			}
			r = &rigV2{V2: g}
		}
		prepare(r, cpus)
		var all sync.WaitGroup
		for i := range uint64(4) {
			all.Go(func() { chaos(r, rand.New(rand.NewPCG(i, 1))) })
		}
		all.Wait()
		for i := range cpus {
			_, wantIRQ, wantFIQ := reference(r, i)
			if irq[i].high.Load() != wantIRQ || fiq[i].high.Load() != wantFIQ {
				t.Errorf("CPU %d: IRQ %v FIQ %v, want %v %v", i, irq[i].high.Load(), fiq[i].high.Load(), wantIRQ, wantFIQ)
			}
		}
	}
}

func chaos(r rig, rnd *rand.Rand) {
	for range 2000 {
		cpu, intid, group := rnd.IntN(2), rnd.IntN(72), rnd.IntN(2)
		switch rnd.IntN(8) {
		case 0, 1:
			if intid >= 16 {
				inputOf(r, intid).Set(rnd.IntN(2) == 0)
			}
		case 2:
			setUp(r, cpu, intid, group, rnd.Uint64()&0xFF)
		case 3:
			r.bank(cpu, intid, offICENABLER, 1, 1)
		case 4:
			r.sgi(cpu, 1-cpu, intid%16)
		case 5:
			r.setPMR(cpu, rnd.Uint64()&0xFF)
		default:
			if id := r.ack(cpu, group); id != spurious {
				r.eoi(cpu, group, id)
			}
		}
		if rnd.IntN(500) == 0 {
			r.reset()
			prepare(r, 2)
		}
	}
}
