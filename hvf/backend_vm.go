package hvf

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
)

// vm is the process's virtual machine on the framework.
type vm struct {
	h       *hypervisor
	fw      *Framework
	clock   clock
	ipaBits int

	// gic is the framework's, or nil. It is set before the first vCPU is made.
	gic *gic

	identity identity

	// mapped is the guest's memory, also while Withdraw holds a part of it. mu guards
	// writing: see change.
	mapped atomic.Pointer[ranges]

	mu        sync.Mutex    // guards what follows, and the framework's mappings
	vcpus     int           // open ones, and those that are being made
	cpus      map[int]*vcpu // by index
	populated bool          // NewVCPU was called
	closed    bool
}

func (m *vm) Map(gpa uint64, mem []byte, p hv.Prot) error {
	size := uint64(len(mem))
	if err := m.check("map", gpa, size); err != nil {
		return err
	}
	if a := address(mem); a%hv.PageSize != 0 {
		return fmt.Errorf("hvf: map at 0x%x: the memory is at 0x%x, align it to 0x%x", gpa, a, hv.PageSize)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed { // the framework would map it in the next machine
		return fmt.Errorf("hvf: map 0x%x bytes at 0x%x: the vm is closed", size, gpa)
	}
	if m.mapped.Load().overlap(gpa, size) {
		return fmt.Errorf("hvf: map 0x%x bytes at 0x%x: a part of the range is mapped already, unmap it first", size, gpa)
	}
	if err := m.fw.VMMap(mem, gpa, p); err != nil {
		return fmt.Errorf("hvf: map 0x%x bytes at 0x%x %v: %w", size, gpa, p, err)
	}
	m.change(func(r *ranges) { r.add(gpa, size) })
	return nil
}

func (m *vm) Unmap(gpa, size uint64) error {
	if err := m.check("unmap", gpa, size); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("hvf: unmap 0x%x bytes at 0x%x: the vm is closed", size, gpa)
	}
	if err := m.fw.VMUnmap(gpa, size); err != nil {
		return fmt.Errorf("hvf: unmap 0x%x bytes at 0x%x: %w", size, gpa, err)
	}
	m.change(func(r *ranges) { r.remove(gpa, size) })
	return nil
}

// change replaces the set of mapped addresses. The caller holds mu.
func (m *vm) change(f func(*ranges)) {
	r := slices.Clone(*m.mapped.Load())
	f(&r)
	m.mapped.Store(&r)
}

func (m *vm) Protect(gpa, size uint64, p hv.Prot) error {
	if err := m.check("protect", gpa, size); err != nil {
		return err
	}
	if err := m.fw.VMProtect(gpa, size, p); err != nil {
		return fmt.Errorf("hvf: protect 0x%x bytes at 0x%x as %v: %w", size, gpa, p, err)
	}
	return nil
}

func (m *vm) check(what string, gpa, size uint64) error {
	if size == 0 || gpa%hv.PageSize != 0 || size%hv.PageSize != 0 {
		return fmt.Errorf("hvf: %s 0x%x bytes at 0x%x: both must be multiples of 0x%x, and the size not 0", what, size, gpa, hv.PageSize)
	}
	if end := gpa + size; end < gpa || end > 1<<m.ipaBits {
		return fmt.Errorf("hvf: %s 0x%x bytes at 0x%x: past the end of the %d-bit guest physical address space", what, size, gpa, m.ipaBits)
	}
	return nil
}

// Counter reads the counter behind the guest's timers.
func (m *vm) Counter() uint64 { return m.clock.counter(m.fw.MachAbsoluteTime()) }

// CounterFrequency returns what the guest reads from CNTFRQ_EL0.
func (m *vm) CounterFrequency() uint64 { return m.clock.hz }

func (m *vm) NewVCPU(index int) (hv.VCPU, error) {
	if index < 0 || index > 255 {
		return nil, fmt.Errorf("hvf: new vcpu %d: give an index from 0 to 255", index)
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil, errors.New("hvf: new vcpu: the vm is closed")
	}
	m.vcpus++ // before it exists, so that Close waits for it
	m.populated = true
	m.mu.Unlock()
	v, err := newVCPU(m, index)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.vcpus--
		return nil, fmt.Errorf("hvf: new vcpu %d: %w", index, err)
	}
	m.cpus[index] = v
	return v, nil
}

// retire removes a closed vCPU.
func (m *vm) retire(v *vcpu) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.vcpus--
	if m.cpus[v.index] == v {
		delete(m.cpus, v.index)
	}
}

// cpu returns the vCPU that was made with this index.
func (m *vm) cpu(index int) (*vcpu, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.cpus[index]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("hvf: the vm has no vcpu %d", index)
}

// Close unmaps all memory and ends the VM. It unmaps first, so that owners may free
// their memory even if the VM cannot be destroyed.
func (m *vm) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	if m.vcpus != 0 {
		return fmt.Errorf("hvf: close vm: %d vcpus are still open, close them first", m.vcpus)
	}
	m.closed = true
	if m.gic != nil {
		m.gic.close()
	}
	var errs []error
	for _, r := range *m.mapped.Load() {
		errs = append(errs, m.fw.VMUnmap(r.start, r.end-r.start))
	}
	m.mapped.Store(new(ranges))
	err := m.fw.VMDestroy()
	for range busyRetries {
		if !errors.Is(err, ReturnBusy) {
			break
		}
		time.Sleep(busyPause)
		err = m.fw.VMDestroy()
	}
	m.h.live.Store(err != nil)
	return errors.Join(append(errs, err)...)
}
