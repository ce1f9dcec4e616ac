package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// describeVCPUs prints what vCPUs show: as many as the host has cores, because these may differ.
func describeVCPUs(t table, fw *hvf.Framework) {
	n := runtime.NumCPU()
	if most, err := fw.VMGetMaxVCPUCount(); err == nil {
		n = min(n, int(most))
	}
	t.row("ID registers", told(compareVCPUs(fw, n)))
}

// compareVCPUs says whether the framework shows the same ID registers on n vCPUs. A guest sees those of the first vCPU on
// all of them: see package hvf.
func compareVCPUs(fw *hvf.Framework, n int) (string, error) {
	cpus, err := idRegsOf(fw, n)
	if err != nil {
		return "", err
	}
	first := map[aarch64.SysReg]uint64{} // 0 for one that only another vCPU has
	for _, id := range cpus[0] {
		first[id.Reg] = id.Value
	}
	var differ []string
	for i, cpu := range cpus {
		for _, id := range cpu {
			if v := first[id.Reg]; id.Value != v {
				differ = append(differ, fmt.Sprintf("%v 0x%x on vCPU %d, 0x%x on vCPU 0", id.Reg, id.Value, i, v))
			}
		}
	}
	if differ != nil {
		return strings.Join(differ, "; ") + "; the guest sees vCPU 0's", nil
	}
	return fmt.Sprintf("%d, the same on %d vCPUs", len(cpus[0]), n), nil
}

// idRegsOf makes n vCPUs that exist at the same time, each on its own thread, and reads the ID registers of each.
func idRegsOf(fw *hvf.Framework, n int) (cpus [][]hvf.IDReg, err error) {
	vm, err := fw.Hypervisor().NewVM(hv.Config{}) // which waits until the last one is gone
	if err != nil {
		return nil, err
	}
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	defer func() { note(vm.Close()) }()
	cpus = make([][]hvf.IDReg, n)
	errs, end := make(chan error), make(chan struct{})
	for i := range n {
		go func() {
			runtime.LockOSThread() // for ever: the thread ends with the goroutine
			v, err := fw.VCPUCreate(0)
			if err == nil {
				cpus[i] = hvf.ReadIDRegs(v)
			}
			errs <- err
			<-end
			if err == nil {
				err = v.Destroy()
			}
			errs <- err
		}()
		note(<-errs)
	}
	close(end)
	for range n {
		note(<-errs)
	}
	return cpus, err
}
