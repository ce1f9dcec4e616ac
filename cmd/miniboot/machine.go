package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// virtualMachine is package vmm as this command uses it.
type virtualMachine struct {
	*vmm.Machine
	devices []virtio.Device
	soft    *softcpu.Hypervisor // nil on another backend
}

// newHypervisor returns what runs the guest's instructions. It may replace the program: see choose.
func newHypervisor(o options, log *slog.Logger) (hv.Hypervisor, error) {
	c, err := thisHost.choose(o.accel, func(path string) {
		log.Warn("goes on as a copy of itself that is signed for Hypervisor.framework: " + path)
	})
	if err != nil {
		return nil, err
	}
	if c.onFramework() {
		return c.Hypervisor, nil
	}
	if c.refusal != nil {
		log.Warn("the software CPU runs the guest, not Hypervisor.framework", "err", c.refusal)
	}
	engine, err := softcpu.ParseEngine(o.engine)
	if err != nil {
		return nil, err
	}
	cpu := softcpu.New(softcpu.Config{Engine: engine, CodeMemory: o.code})
	if runs, err := cpu.Engine(); err != nil {
		log.Info("the software CPU runs on its slower engine, the "+runs.String(), "error", err)
	}
	return cpu, nil
}

// parts are what a machine is made of beside the options.
type parts struct {
	hypervisor hv.Hypervisor
	files      bootFiles
	devices    []virtio.Device
	console    io.Writer
	log        *slog.Logger
}

func newMachine(o options, p parts) (virtualMachine, error) {
	m, err := vmm.New(vmm.Config{
		VCPUs:       o.cpus,
		Memory:      o.memory,
		GIC:         o.gic,
		BackendGIC:  o.irqchip == "framework",
		Kernel:      p.files.kernel,
		Initrds:     p.files.initrds,
		CommandLine: commandLine(o),
		DTB:         p.files.dtb,
		Hypervisor:  p.hypervisor,
		Console:     p.console,
		Virtio:      p.devices,
		NoReset:     o.noReboot,
		Log:         p.log,

		RaiseGOMAXPROCS: true,
	})
	if err != nil {
		return virtualMachine{}, err
	}
	plan := m.Plan()
	p.log.Info(fmt.Sprintf("kernel %s: %s at 0x%x, entry 0x%x", p.files.kernel.Name, plan.Format, plan.Kernel.Base, plan.Entry))
	p.log.Info(fmt.Sprintf("initrd 0x%x bytes at 0x%x, devicetree 0x%x bytes at 0x%x", plan.Initrd.Size, plan.Initrd.Base, plan.DTB.Size, plan.DTB.Base))
	p.log.Info(fmt.Sprintf("command line: %s", commandLine(o)))
	soft, _ := p.hypervisor.(*softcpu.Hypervisor)
	return virtualMachine{m, p.devices, soft}, nil
}

// Run runs the guest; see machine.
func (m virtualMachine) Run(ctx context.Context) (ending, error) {
	reason, err := m.Machine.Run(ctx)
	switch reason {
	case vmm.ResetRequested:
		return endReset, err
	case vmm.GuestPanicked:
		return endPanic, err
	}
	return endPowerOff, err
}

// Counters prints the exits of each CPU by kind, and what else is counted.
func (m virtualMachine) Counters() string {
	var b strings.Builder
	for i, cpu := range m.Stats().VCPUs {
		fmt.Fprintf(&b, "cpu %d exits:", i)
		for kind, n := range cpu.Exits {
			if n > 0 {
				fmt.Fprintf(&b, " %s %d", vmm.ExitNames()[kind], n)
			}
		}
		fmt.Fprintln(&b)
	}
	if m.soft != nil {
		writeCPUStats(&b, m.cpuStats())
	}
	for i, dev := range m.devices {
		if n, ok := dev.(*net.Device); ok {
			fmt.Fprintf(&b, "virtio%d, net: %v\n", i, n.Stats())
		}
	}
	fmt.Fprintf(&b, "%s\n", m.ConsoleState())
	return b.String()
}

// CPUs prints where each CPU is.
func (m virtualMachine) CPUs() string {
	var b strings.Builder
	for _, s := range m.VCPUs() {
		fmt.Fprintln(&b, s)
	}
	return b.String()
}

// dumpDTB writes the blob that the guest would get.
func dumpDTB(ctx context.Context, m virtualMachine, path string) error {
	_, err := within(ctx, func() (struct{}, error) {
		blob, err := m.Plan().Blob()
		if err == nil {
			err = writeFile(path, blob)
		}
		return struct{}{}, err
	})
	if err != nil {
		return fileError("-dumpdtb "+path, err)
	}
	return nil
}

var _ interface {
	machine
	io.Closer
} = virtualMachine{}
