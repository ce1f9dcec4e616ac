package hvf

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hvf/testdata/abi"
)

// prefixes has, for each C type, the prefix of its constants in C and the prefix that
// replaces it in Go, in package hvf or hv. Words of lower-case types are spelt as Go
// spells them.
var prefixes = map[string]struct{ c, goPrefix string }{
	"hv_return_t":                {"HV_", "Return"},
	"hv_exit_reason_t":           {"HV_EXIT_REASON_", "Exit"},
	"hv_reg_t":                   {"HV_REG_", "Reg"},
	"hv_simd_fp_reg_t":           {"HV_SIMD_FP_REG_", "SIMDReg"},
	"hv_memory_flags_t":          {"HV_MEMORY_", "Prot"},
	"hv_allocate_flags_t":        {"HV_ALLOCATE_", "Allocate"},
	"hv_interrupt_type_t":        {"HV_INTERRUPT_TYPE_", "Interrupt"},
	"hv_cache_type_t":            {"HV_CACHE_TYPE_", "Cache"},
	"hv_ipa_granule_t":           {"HV_IPA_GRANULE_", "IPAGranule"},
	"hv_feature_reg_t":           {"HV_FEATURE_REG_", "FeatureReg"},
	"hv_gic_intid_t":             {"HV_GIC_INT_", "IntID"},
	"hv_gic_distributor_reg_t":   {"HV_GIC_DISTRIBUTOR_REG_GICD_", "DistributorReg"},
	"hv_gic_redistributor_reg_t": {"HV_GIC_REDISTRIBUTOR_REG_GICR_", "RedistributorReg"},
	"hv_gic_icc_reg_t":           {"HV_GIC_ICC_REG_", "ICCReg"},
	"hv_gic_ich_reg_t":           {"HV_GIC_ICH_REG_", "ICHReg"},
	"hv_gic_icv_reg_t":           {"HV_GIC_ICV_REG_", "ICVReg"},
	"hv_gic_msi_reg_t":           {"HV_GIC_MSI_REG_GICM_", "MSIReg"},
}

// constantWords has Go's spelling of words in enumerations that do not name
// registers.
var constantWords = map[string]string{
	"VTIMER": "VTimer", "IRQ": "IRQ", "FIQ": "FIQ", "4KB": "4KB", "16KB": "16KB", "EL1": "EL1", "EL2": "EL2",
}

// isRegister says whether the constants of a type name registers. Those keep the
// architecture's spelling.
func isRegister(ctype string) bool { return strings.HasSuffix(ctype, "_reg_t") }

func goConstant(c abi.Const) string {
	p := prefixes[c.Type]
	name := strings.TrimPrefix(c.Name, p.c)
	if isRegister(c.Type) {
		return p.goPrefix + name
	}
	if c.Name == "HV_EXIT_REASON_VTIMER_ACTIVATED" { // shorter in the contract
		name = "VTIMER"
	}
	var b strings.Builder
	for _, w := range strings.Split(name, "_") {
		if g, ok := constantWords[w]; ok {
			b.WriteString(g)
		} else {
			b.WriteString(w[:1] + strings.ToLower(w[1:]))
		}
	}
	return p.goPrefix + b.String()
}

// checkPackage parses a package and resolves its constants.
func checkPackage(t *testing.T, dir string, facts types.Importer) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_darwin_arm64.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	// Other imports stay unresolved: no constant needs them.
	cfg := types.Config{Error: func(error) {}, Importer: facts}
	pkg, _ := cfg.Check(dir, fset, files, nil)
	return pkg
}

// aarch64Importer imports package aarch64, whose encodings are values of constants.
type aarch64Importer struct{ t *testing.T }

func (i aarch64Importer) Import(path string) (*types.Package, error) {
	if path != "github.com/miniboot-vmm/miniboot/aarch64" {
		return nil, errors.New("not needed")
	}
	return checkPackage(i.t, "../aarch64", nil), nil
}

// packageConstants evaluates the constants of a package, by Go type.
func packageConstants(t *testing.T, dir string) map[string]map[string]uint64 {
	t.Helper()
	scope := checkPackage(t, dir, aarch64Importer{t}).Scope()
	found := map[string]map[string]uint64{}
	for _, name := range scope.Names() {
		c, ok := scope.Lookup(name).(*types.Const)
		if !ok || !c.Exported() {
			continue
		}
		n, ok := c.Type().(*types.Named)
		if !ok {
			continue
		}
		v, _ := constant.Uint64Val(constant.ToInt(c.Val()))
		typ := n.Obj().Name()
		if found[typ] == nil {
			found[typ] = map[string]uint64{}
		}
		found[typ][name] = v
	}
	return found
}

func TestConstants(t *testing.T) {
	got := packageConstants(t, ".")
	maps.Copy(got, packageConstants(t, "../hv"))
	for _, c := range abi.Constants() {
		if _, ok := prefixes[c.Type]; !ok {
			continue // package aarch64's: see TestSystemRegisterNames; numbered ones: see TestNumberedRegisters
		}
		if c.Type == "hv_gic_distributor_reg_t" && strings.ContainsAny(c.Name, "0123456789") && c.Name != "HV_GIC_DISTRIBUTOR_REG_GICD_PIDR2" {
			continue // functions: see TestDistributorRegisters
		}
		typ, name := goTypes[c.Type].Name(), goConstant(c)
		v, ok := got[typ][name]
		if !ok {
			t.Errorf("%s: no constant %s of type %s", c.Name, name, typ)
			continue
		}
		if v != c.Value {
			t.Errorf("%s = 0x%x, want 0x%x", name, v, c.Value)
		}
		delete(got[typ], name)
	}
	for ctype := range prefixes {
		if ctype == "hv_exit_reason_t" {
			continue // package hv has reasons of other backends
		}
		for name := range got[goTypes[ctype].Name()] {
			t.Errorf("%s is no constant of the table", name)
		}
	}
}

func TestSystemRegisterNames(t *testing.T) {
	n := 0
	for _, c := range abi.Constants() {
		if c.Type != "hv_sys_reg_t" {
			continue
		}
		n++
		if got, want := aarch64.SysReg(c.Value).String(), strings.TrimPrefix(c.Name, "HV_SYS_REG_"); got != want {
			t.Errorf("SysReg(0x%x) is called %s, want %s", c.Value, got, want)
		}
	}
	if n != 148 {
		t.Errorf("%d system registers in the table, want 148", n)
	}
}

func TestDistributorRegisters(t *testing.T) {
	functions := map[string]func(int) DistributorReg{
		"IGROUPR": DistributorRegIGROUPR, "ISENABLER": DistributorRegISENABLER, "ICENABLER": DistributorRegICENABLER,
		"ISPENDR": DistributorRegISPENDR, "ICPENDR": DistributorRegICPENDR, "ISACTIVER": DistributorRegISACTIVER,
		"ICACTIVER": DistributorRegICACTIVER, "IPRIORITYR": DistributorRegIPRIORITYR, "ICFGR": DistributorRegICFGR,
		"IROUTER": DistributorRegIROUTER,
	}
	named := map[DistributorReg]bool{}
	for _, c := range abi.Constants() {
		if c.Type != "hv_gic_distributor_reg_t" {
			continue
		}
		want := strings.TrimPrefix(c.Name, "HV_GIC_DISTRIBUTOR_REG_")
		reg := DistributorReg(c.Value)
		named[reg] = true
		if got := reg.String(); got != want {
			t.Errorf("DistributorReg(0x%x) is called %s, want %s", c.Value, got, want)
		}
		array := strings.TrimPrefix(strings.TrimRight(want, "0123456789"), "GICD_")
		if f := functions[array]; f != nil {
			i, _ := strconv.Atoi(strings.TrimPrefix(want, "GICD_"+array))
			if got := f(i); got != reg {
				t.Errorf("DistributorReg%s(%d) = 0x%x, want 0x%x", array, i, uint16(got), c.Value)
			}
		}
	}
	if len(named) != 1534 {
		t.Errorf("%d registers in the table, want 1534", len(named))
	}
	for off := range 1 << 16 {
		reg := DistributorReg(off)
		if other := fmt.Sprintf("GICD+0x%04x", off); !named[reg] && reg.String() != other {
			t.Errorf("DistributorReg(0x%x) is called %v and is not in the table", off, reg)
		}
	}
}

// TestNumberedRegisters: Z0 to Z31 and P0 to P15 are their numbers.
func TestNumberedRegisters(t *testing.T) {
	n := 0
	for _, c := range abi.Constants() {
		if c.Type != "hv_sme_z_reg_t" && c.Type != "hv_sme_p_reg_t" {
			continue
		}
		n++
		if i := c.Name[strings.LastIndex(c.Name, "_")+1:]; i != strconv.FormatUint(c.Value, 10) {
			t.Errorf("%s = %d", c.Name, c.Value)
		}
	}
	if n != 32+16 {
		t.Errorf("%d registers in the table, want 48", n)
	}
}

func TestTypes(t *testing.T) {
	for _, c := range abi.Types() {
		typ, ok := goTypes[c.Name]
		if !ok {
			t.Errorf("no Go type for %s", c.Name)
			continue
		}
		if size := int(typ.Size()); size != c.Size {
			t.Errorf("%v has %d bytes, %s has %d", typ, size, c.Name, c.Size)
		}
	}
}

func TestStructs(t *testing.T) {
	index := map[string][]int{ // of the field in Go
		"reason": {0}, "exception.syndrome": {2, 0}, "exception.virtual_address": {2, 1}, "exception.physical_address": {2, 2},
		"streaming_sve_mode_enabled": {0}, "za_storage_enabled": {1},
	}
	for _, c := range abi.Fields() {
		typ, off := goTypes[c.Struct], 0
		for _, i := range index[c.Name] {
			f := typ.Field(i)
			off, typ = off+int(f.Offset), f.Type
		}
		if size := int(typ.Size()); off != c.Offset || size != c.Size {
			t.Errorf("%s.%s: %d bytes at %d, want %d at %d", c.Struct, c.Name, size, off, c.Size, c.Offset)
		}
	}
	if reflect.TypeFor[VCPUExit]().NumField() != 3 {
		t.Error("VCPUExit has other fields than reason, padding and exception")
	}
}
