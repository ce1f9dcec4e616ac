package fake

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// equal compares what a binding returned with what the fake holds.
func equal[T any](t *testing.T, what string, got T, err error, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%s: %v (-want +got):\n%s", what, err, d)
	}
}

func TestConfigBindings(t *testing.T) {
	fw := New(t, Options{EL2: true, SME: true}).Framework()
	count, err := fw.VMGetMaxVCPUCount()
	equal(t, "max vcpus", count, err, 64)
	bits, err := fw.VMConfigGetMaxIPASize()
	equal(t, "max ipa", bits, err, 40)
	bits, err = fw.VMConfigGetDefaultIPASize()
	equal(t, "default ipa", bits, err, 36)
	on, err := fw.VMConfigGetEL2Supported()
	equal(t, "EL2 supported", on, err, true)
	g, err := fw.VMConfigGetDefaultIPAGranule()
	equal(t, "default granule", g, err, hvf.IPAGranule16KB)
	svl, err := fw.SMEConfigGetMaxSVLBytes()
	equal(t, "SVL", svl, err, 64)

	cfg, err := fw.VMConfigCreate()
	must(t, err)
	defer fw.OSRelease(cfg)
	must(t, fw.VMConfigSetIPASize(cfg, 39))
	bits, err = fw.VMConfigGetIPASize(cfg)
	equal(t, "ipa", bits, err, 39)
	must(t, fw.VMConfigSetEL2Enabled(cfg, true))
	on, err = fw.VMConfigGetEL2Enabled(cfg)
	equal(t, "EL2", on, err, true)
	must(t, fw.VMConfigSetIPAGranule(cfg, hvf.IPAGranule4KB))
	g, err = fw.VMConfigGetIPAGranule(cfg)
	equal(t, "granule", g, err, hvf.IPAGranule4KB)

	vcfg, err := fw.VCPUConfigCreate()
	must(t, err)
	defer fw.OSRelease(vcfg)
	ctr, err := fw.VCPUConfigGetFeatureReg(vcfg, hvf.FeatureRegCTR_EL0)
	equal(t, "CTR_EL0", ctr, err, 0x99444c004)
	_, err = fw.VCPUConfigGetFeatureReg(vcfg, 14)
	equal(t, "feature register 14", errors.Is(err, hvf.ReturnBadArgument), nil, true)
	ccsidr, err := fw.VCPUConfigGetCCSIDREL1SysRegValues(vcfg, hvf.CacheInstruction)
	equal(t, "CCSIDR", ccsidr, err, [8]uint64{1 << 32, 1<<32 | 1, 1<<32 | 2, 1<<32 | 3, 1<<32 | 4, 1<<32 | 5, 1<<32 | 6, 1<<32 | 7})
}

func TestVCPUBindings(t *testing.T) {
	fw := New(t, Options{}).Framework()
	withVCPU(t, fw, func(v *hvf.RawVCPU) {
		for _, b := range []struct {
			name string
			set  func(bool) error
			get  func() (bool, error)
		}{
			{"debug exceptions", v.SetTrapDebugExceptions, v.GetTrapDebugExceptions},
			{"debug registers", v.SetTrapDebugRegAccesses, v.GetTrapDebugRegAccesses},
			{"vtimer mask", v.SetVTimerMask, v.GetVTimerMask},
			{"SError", v.SetSError, v.GetSError},
			{"FIQ", func(on bool) error { return v.SetPendingInterrupt(hvf.InterruptFIQ, on) },
				func() (bool, error) { return v.GetPendingInterrupt(hvf.InterruptFIQ) }},
		} {
			for _, want := range []bool{true, false} {
				must(t, b.set(want))
				got, err := b.get()
				equal(t, b.name, got, err, want)
			}
		}
		must(t, v.SetPendingInterrupt(hvf.InterruptFIQ, true))
		irq, err := v.GetPendingInterrupt(hvf.InterruptIRQ)
		equal(t, "IRQ beside FIQ", irq, err, false)
		must(t, v.SetVTimerOffset(0x1234_5678_9abc_def0))
		off, err := v.GetVTimerOffset()
		equal(t, "vtimer offset", off, err, 0x1234_5678_9abc_def0)
		must(t, v.InvalidateTLB(0, 0))
		if _, err := v.GetExecTime(); err != nil {
			t.Error(err)
		}
		// The fake stores registers that the engine does not have.
		for _, reg := range []aarch64.SysReg{aarch64.TTBR0_EL1, aarch64.APIAKEYLO_EL1, aarch64.TPIDR2_EL0} {
			must(t, v.SetSysReg(reg, 0x1122_3344_0000))
			got, err := v.GetSysReg(reg)
			equal(t, reg.String(), got, err, 0x1122_3344_0000)
		}
		mem, err := fw.VMAllocate(2*hv.PageSize, hvf.AllocateDefault)
		must(t, err)
		mem[0], mem[len(mem)-1] = 1, 2
		must(t, fw.VMDeallocate(mem))
	})
	a := fw.MachAbsoluteTime()
	time.Sleep(time.Millisecond)
	if d := fw.MachAbsoluteTime() - a; d < MachFrequency/1000 {
		t.Errorf("the counter took %d ticks for 1 ms, want at least %d", d, MachFrequency/1000)
	}
}

func TestSMEBindings(t *testing.T) {
	withVCPU(t, New(t, Options{SME: true}).Framework(), func(v *hvf.RawVCPU) {
		z := bytes.Repeat([]byte{0xab, 0xcd}, 32)
		if err := v.SetSMEZReg(1, z); !errors.Is(err, hvf.ReturnIllegalGuestState) {
			t.Errorf("Z1 outside streaming mode: %v", err)
		}
		for _, want := range []hvf.SMEState{{StreamingSVEMode: true}, {ZAStorage: true}, {StreamingSVEMode: true, ZAStorage: true}} {
			must(t, v.SetSMEState(want))
			got, err := v.GetSMEState()
			equal(t, "state", got, err, want)
		}
		got := make([]byte, 64)
		must(t, v.SetSMEZReg(31, z))
		equal(t, "Z31", got, v.GetSMEZReg(31, got), z)
		if err := v.GetSMEZReg(31, got[:63]); !errors.Is(err, hvf.ReturnBadArgument) {
			t.Errorf("Z31 into 63 bytes: %v", err)
		}
		must(t, v.SetSMEPReg(15, z[:8]))
		equal(t, "P15", got[:8], v.GetSMEPReg(15, got[:8]), z[:8])
		za, back := bytes.Repeat(z, 64), make([]byte, 64*64)
		must(t, v.SetSMEZAReg(za))
		equal(t, "ZA", back, v.GetSMEZAReg(back), za)
		zt0 := [64]byte{0: 1, 9: 2, 63: 3}
		must(t, v.SetSMEZT0Reg(zt0))
		gotZT0, err := v.GetSMEZT0Reg()
		equal(t, "ZT0", gotZT0, err, zt0)
	})
}

func TestGICBindings(t *testing.T) {
	fw := New(t, Options{EL2: true}).Framework()
	if _, err := fw.GICConfigCreate(); err == nil {
		t.Error("a GIC's configuration without a VM")
	}
	vmcfg, err := fw.VMConfigCreate()
	must(t, err)
	defer fw.OSRelease(vmcfg)
	must(t, fw.VMConfigSetEL2Enabled(vmcfg, true))
	must(t, fw.VMCreate(vmcfg))
	for name, c := range map[string]struct {
		get  func() (uint64, error)
		want uint64
	}{
		"distributor size":          {fw.GICGetDistributorSize, 0x10000},
		"distributor alignment":     {fw.GICGetDistributorBaseAlignment, 0x10000},
		"redistributor region":      {fw.GICGetRedistributorRegionSize, 0x2000000},
		"redistributor size":        {fw.GICGetRedistributorSize, 0x20000},
		"redistributor alignment":   {fw.GICGetRedistributorBaseAlignment, 0x10000},
		"MSI region size":           {fw.GICGetMSIRegionSize, 0x10000},
		"MSI region base alignment": {fw.GICGetMSIRegionBaseAlignment, 0x10000},
	} {
		v, err := c.get()
		equal(t, name, v, err, c.want)
	}
	base, count, err := fw.GICGetSPIInterruptRange()
	equal(t, "SPIs", [2]uint32{base, count}, err, [2]uint32{32, 988})
	id, err := fw.GICGetIntID(hvf.IntIDEL1VirtualTimer)
	equal(t, "virtual timer", id, err, 27)

	cfg, err := fw.GICConfigCreate()
	must(t, err)
	defer fw.OSRelease(cfg)
	if err := fw.GICCreate(cfg); !errors.Is(err, hvf.ReturnBadArgument) {
		t.Errorf("without a redistributor base: %v", err)
	}
	must(t, fw.GICConfigSetDistributorBase(cfg, 0x4000_0000))
	must(t, fw.GICConfigSetRedistributorBase(cfg, 0x5000_0000))
	must(t, fw.GICConfigSetMSIRegionBase(cfg, 0x4007_0000))
	if err := fw.GICConfigSetMSIInterruptRange(cfg, 1000, 21); !errors.Is(err, hvf.ReturnBadArgument) {
		t.Errorf("MSIs beyond the SPIs: %v", err)
	}
	must(t, fw.GICConfigSetMSIInterruptRange(cfg, 100, 8))
	must(t, fw.GICCreate(cfg))

	for _, c := range []struct {
		what string
		err  error
		ok   bool
	}{
		{"SPI 31", fw.GICSetSPI(31, true), false}, {"SPI 32", fw.GICSetSPI(32, true), true},
		{"SPI 1019", fw.GICSetSPI(1019, true), true}, {"SPI 1020", fw.GICSetSPI(1020, true), false},
		{"SPI 99", fw.GICSetSPI(99, true), true}, {"SPI 100, an MSI", fw.GICSetSPI(100, true), false},
		{"MSI 107", fw.GICSendMSI(0x4007_0040, 107), true}, {"MSI 108", fw.GICSendMSI(0x4007_0040, 108), false},
		{"SET_SPI_NSR", fw.GICSetMSIReg(hvf.MSIRegSET_SPI_NSR, 100), true},
	} {
		if ok := c.err == nil; ok != c.ok || !ok && !errors.Is(c.err, hvf.ReturnBadArgument) {
			t.Errorf("%s: %v", c.what, c.err)
		}
	}
	typer, err := fw.GICGetMSIReg(hvf.MSIRegTYPER)
	equal(t, "GICM_TYPER", typer, err, 100<<16|8)
	must(t, fw.GICSetDistributorReg(hvf.DistributorRegIROUTER(1019), 0x1234))
	reg, err := fw.GICGetDistributorReg(hvf.DistributorRegIROUTER(1019))
	equal(t, "GICD_IROUTER1019", reg, err, 0x1234)

	onThread(func() {
		v, err := fw.VCPUCreate(0)
		must(t, err)
		if err := v.SetPendingInterrupt(hvf.InterruptIRQ, true); !errors.Is(err, hvf.ReturnUnsupported) {
			t.Errorf("pending interrupt beside a GIC: %v", err)
		}
		must(t, v.SetSysReg(aarch64.MPIDR_EL1, 0))
		at, err := v.GICGetRedistributorBase()
		equal(t, "redistributor", at, err, 0x5000_0000)
		must(t, v.GICSetRedistributorReg(hvf.RedistributorRegICFGR1, 8))
		reg, err := v.GICGetRedistributorReg(hvf.RedistributorRegICFGR1)
		equal(t, "GICR_ICFGR1", reg, err, 8)
		must(t, v.GICSetICCReg(hvf.ICCRegPMR_EL1, 0x60))
		must(t, v.GICSetICVReg(hvf.ICVRegPMR_EL1, 7))
		must(t, v.GICSetICHReg(hvf.ICHRegLR0_EL2, 8))
		icc, err := v.GICGetICCReg(hvf.ICCRegPMR_EL1)
		equal(t, "ICC_PMR_EL1", icc, err, 0x60)
		icv, err := v.GICGetICVReg(hvf.ICVRegPMR_EL1)
		equal(t, "ICV_PMR_EL1", icv, err, 7)
		ich, err := v.GICGetICHReg(hvf.ICHRegLR0_EL2)
		equal(t, "ICH_LR0_EL2", ich, err, 8)
		for _, err := range []error{v.GICSetICCReg(hvf.ICCRegRPR_EL1, 0), v.GICSetICHReg(hvf.ICHRegLR8_EL2, 0)} {
			if err == nil {
				t.Error("a read-only register was written")
			}
		}
		if _, err := v.GetWaitForInterruptTime(); err != nil {
			t.Error(err)
		}

		st, err := fw.GICStateCreate()
		must(t, err)
		size, err := fw.GICStateGetSize(st)
		must(t, err)
		if err := fw.GICStateGetData(st, make([]byte, size-1)); err == nil {
			t.Error("a state was copied to a buffer that is too small")
		}
		buf := make([]byte, size)
		must(t, fw.GICStateGetData(st, buf))
		fw.OSRelease(st)
		must(t, fw.GICSetState(buf))
		if err := fw.GICSetState(buf[1:]); !errors.Is(err, hvf.ReturnBadArgument) {
			t.Errorf("a damaged state: %v", err)
		}
		must(t, fw.GICReset())
		must(t, v.Destroy())
	})
	must(t, fw.VMDestroy())
}

// TestWFIWithGIC: WFI does not exit, but waits for an interrupt or a kick.
func TestWFIWithGIC(t *testing.T) {
	f := New(t, Options{})
	fw := f.Framework()
	must(t, fw.VMCreate(0))
	must(t, createGIC(t, fw))
	mem := pages(t, 1)
	copy(mem, []byte{insnWFI & 0xff, insnWFI >> 8 & 0xff, insnWFI >> 16 & 0xff, insnWFI >> 24, insnHVC & 0xff, 0, 0, insnHVC >> 24})
	must(t, fw.VMMap(mem, guestBase, hv.ProtRead|hv.ProtExec))
	onThread(func() {
		v, err := fw.VCPUCreate(0)
		must(t, err)
		must(t, v.SetSysReg(aarch64.MPIDR_EL1, 1<<31))
		must(t, fw.GICSetDistributorReg(hvf.DistributorRegCTLR, 0x12)) // ARE, Group 1
		must(t, fw.GICSetDistributorReg(hvf.DistributorRegIGROUPR(1), 1<<8))
		must(t, fw.GICSetDistributorReg(hvf.DistributorRegISENABLER(1), 1<<8)) // 40
		must(t, v.GICSetICCReg(hvf.ICCRegPMR_EL1, 0xf0))
		must(t, v.GICSetICCReg(hvf.ICCRegIGRPEN1_EL1, 1))
		must(t, v.SetReg(hv.RegPC, guestBase))
		must(t, v.SetReg(hv.RegCPSR, 0x3c5))
		kick := time.AfterFunc(time.Millisecond, func() { fw.VCPUsExit([]uint64{v.ID()}) })
		must(t, v.Run())
		pc, err := v.GetReg(hv.RegPC)
		equal(t, "PC after a kick in WFI", pc, err, guestBase)
		equal(t, "reason", v.Exit().Reason, nil, hv.ExitCanceled)
		kick.Stop()
		time.AfterFunc(time.Millisecond, func() { fw.GICSetSPI(40, true) })
		must(t, v.Run())
		equal(t, "class after an interrupt in WFI", v.Exit().Exception.Syndrome.EC(), nil, aarch64.ECHVC64)
		if ticks, err := v.GetWaitForInterruptTime(); err != nil || ticks == 0 {
			t.Errorf("it has waited %d ticks, %v", ticks, err)
		}
		must(t, v.Destroy())
	})
	must(t, fw.VMDestroy())
}
