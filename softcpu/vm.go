package softcpu

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// MaxVCPUs is how many vCPUs one machine can have: as many as with the framework.
const MaxVCPUs = 64

// maxIPABits is the greatest width of a guest physical address in bits.
const maxIPABits = 40

// vm is a guest physical address space and its CPUs.
type vm struct {
	ipaBits int
	cfg     Config        // its engine is Interpreter or Translator
	now     func() uint64 // the host's counter, in ticks of cfg.CounterFrequency
	ended   *endedCPUs    // counts what closed CPUs did; nil: nobody asks

	mem atomic.Pointer[memory] // replaced whole by Map, Unmap and Protect

	mu     sync.Mutex // guards what follows; writers of mem and cpus hold it too
	closed bool
	cpus   atomic.Pointer[[]*cpu]
}

func newVM(cfg hv.Config, soft Config) *vm {
	if soft.CounterFrequency == 0 {
		soft.CounterFrequency = DefaultCounterFrequency
	}
	v := &vm{ipaBits: cfg.IPABits, cfg: soft, now: hostCounter(soft.CounterFrequency)}
	v.mem.Store(&memory{})
	v.cpus.Store(&[]*cpu{})
	return v
}

// hostCounter returns a counter with a rate of hz that starts at zero.
func hostCounter(hz uint64) func() uint64 {
	start := time.Now()
	return func() uint64 { return aarch64.CounterTicks(time.Since(start), hz) }
}

func (v *vm) Map(gpa uint64, mem []byte, p hv.Prot) error {
	if err := v.checkRange("map", gpa, uint64(len(mem))); err != nil {
		return err
	}
	if a := hostAddress(mem); a%hv.PageSize != 0 {
		return fmt.Errorf("softcpu: map at 0x%x: the memory is at 0x%x, align it to 0x%x", gpa, a, hv.PageSize)
	}
	if p&^(hv.ProtRead|hv.ProtWrite|hv.ProtExec) != 0 {
		return fmt.Errorf("softcpu: map at 0x%x: protection 0x%x has unknown bits", gpa, uint64(p))
	}
	return v.change(func(m *memory) error { return m.insert(gpa, mem, p) }, gpa, uint64(len(mem)))
}

func (v *vm) Unmap(gpa, size uint64) error {
	if err := v.checkRange("unmap", gpa, size); err != nil {
		return err
	}
	return v.change(func(m *memory) error { return m.cut("unmap", gpa, size, nil) }, gpa, size)
}

func (v *vm) Protect(gpa, size uint64, p hv.Prot) error {
	if err := v.checkRange("protect", gpa, size); err != nil {
		return err
	}
	return v.change(func(m *memory) error { return m.cut("protect", gpa, size, &p) }, gpa, size)
}

func (v *vm) checkRange(what string, gpa, size uint64) error {
	if size == 0 || gpa%hv.PageSize != 0 || size%hv.PageSize != 0 {
		return fmt.Errorf("softcpu: %s 0x%x bytes at 0x%x: both must be multiples of 0x%x, and the size not 0", what, size, gpa, hv.PageSize)
	}
	if end := gpa + size; end < gpa || end > 1<<v.ipaBits {
		return fmt.Errorf("softcpu: %s 0x%x bytes at 0x%x: past the end of the %d-bit guest physical address space", what, size, gpa, v.ipaBits)
	}
	return nil
}

// change replaces the memory map and returns when no CPU uses the old one.
func (v *vm) change(f func(*memory) error, gpa, size uint64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	m := v.mem.Load().clone()
	if err := f(m); err != nil {
		return err
	}
	v.mem.Store(m)
	cpus := *v.cpus.Load()
	for _, c := range cpus {
		c.post(maintenance{kind: codeRange, pa: gpa, size: size})
	}
	for _, c := range cpus {
		c.mail.await()
	}
	return nil
}

// Counter reads the host's counter.
func (v *vm) Counter() uint64 { return v.now() }

// CounterFrequency is the rate of Counter in Hz.
func (v *vm) CounterFrequency() uint64 { return v.cfg.CounterFrequency }

func (v *vm) NewVCPU(index int) (hv.VCPU, error) {
	if index < 0 || index >= MaxVCPUs {
		return nil, fmt.Errorf("softcpu: new vcpu %d: give an index from 0 to %d", index, MaxVCPUs-1)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, errors.New("softcpu: new vcpu: the vm is closed")
	}
	old := *v.cpus.Load()
	for _, c := range old {
		if c.index == index {
			return nil, fmt.Errorf("softcpu: new vcpu %d: it exists already", index)
		}
	}
	c, err := newCPU(v, index)
	if err != nil {
		return nil, fmt.Errorf("softcpu: new vcpu %d: %w", index, err)
	}
	cpus := append(append([]*cpu{}, old...), c)
	v.cpus.Store(&cpus)
	return c, nil
}

// drop removes a closed CPU.
func (v *vm) drop(c *cpu) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var cpus []*cpu
	for _, o := range *v.cpus.Load() {
		if o != c {
			cpus = append(cpus, o)
		}
	}
	v.cpus.Store(&cpus)
}

func (v *vm) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := len(*v.cpus.Load()); n != 0 {
		return fmt.Errorf("softcpu: close vm: %d vcpus are still open, close them first", n)
	}
	v.closed = true
	v.mem.Store(&memory{})
	return nil
}
