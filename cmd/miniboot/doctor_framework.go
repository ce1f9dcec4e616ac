package main

import (
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/hvf"
)

// describeFramework prints what the framework offers. Where this macOS does not tell, the table has the error.
func describeFramework(t table, fw *hvf.Framework) {
	t.row("functions", functionsOf(fw))
	t.row("vCPUs, most", told(fw.VMGetMaxVCPUCount()))
	t.row("IPA bits, default", told(fw.VMConfigGetDefaultIPASize()))
	t.row("IPA bits, most", told(fw.VMConfigGetMaxIPASize()))
	t.row("IPA granule", told(fw.VMConfigGetDefaultIPAGranule()))
	t.row("nested (EL2)", told(fw.VMConfigGetEL2Supported()))
	t.row("GIC distributor", told(fw.GICGetDistributorSize()))
	base, count, err := fw.GICGetSPIInterruptRange()
	t.row("GIC SPIs", told(fmt.Sprintf("%d from %d on", count, base), err))
	t.row("SME vector bytes", told(fw.SMEConfigGetMaxSVLBytes()))
}

// told is a value, or the error where there is none.
func told[T any](value T, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(value)
}

// functionsOf counts the functions that were found, and the absent ones by the macOS that introduced them.
func functionsOf(fw *hvf.Framework) string {
	var since []hvf.MacOS
	absent := map[hvf.MacOS]int{}
	all, found := 0, 0
	for _, f := range fw.Functions() {
		if !strings.HasPrefix(f.Name, "hv_") {
			continue // of libSystem
		}
		all++
		if f.Present {
			found++
			continue
		}
		if absent[f.Since] == 0 {
			since = append(since, f.Since)
		}
		absent[f.Since]++
	}
	s := fmt.Sprintf("%d of %d found", found, all)
	for _, v := range since {
		s += fmt.Sprintf(", %d of macOS %v absent", absent[v], v)
	}
	return s
}
