package hvf

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf/testdata/abi"
)

func TestFunctionTable(t *testing.T) {
	type row struct {
		Name  string
		Since MacOS
	}
	var got, want []row
	for _, f := range functions {
		got = append(got, row{f.name, f.since})
	}
	for _, f := range abi.Functions() {
		want = append(want, row{f.Name, MacOS(f.Since)})
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("functions (-table +Go):\n%s", d)
	}
	if n := len(got) - 3; n != 93 { // os_release and two of Mach are not the framework's
		t.Errorf("%d functions of the framework, want 93", n)
	}
}

// goWords has Go's spelling of words in C names that are not just capitalised.
var goWords = map[string]string{
	"vm": "VM", "vcpu": "VCPU", "vcpus": "VCPUs", "ipa": "IPA", "el1": "EL1", "el2": "EL2", "gic": "GIC", "msi": "MSI",
	"spi": "SPI", "icc": "ICC", "ich": "ICH", "icv": "ICV", "simd": "SIMD", "fp": "FP", "sme": "SME", "za": "ZA",
	"zt0": "ZT0", "ccsidr": "CCSIDR", "tlb": "TLB", "svl": "SVL", "intid": "IntID", "serror": "SError",
	"vtimer": "VTimer", "os": "OS",
}

func goName(c string) string {
	var b strings.Builder
	for _, w := range strings.Split(c, "_") {
		if g, ok := goWords[w]; ok {
			b.WriteString(g)
		} else {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// goTypes is the Go type of each C type.
var goTypes = map[string]reflect.Type{
	"u8": reflect.TypeFor[byte](), "u32": reflect.TypeFor[uint32](), "u64": reflect.TypeFor[uint64](),
	"size_t": reflect.TypeFor[uint64](), "bool": reflect.TypeFor[bool](),
	"hv_return_t": reflect.TypeFor[ReturnCode](), "hv_vcpu_t": reflect.TypeFor[uint64](), "hv_ipa_t": reflect.TypeFor[uint64](),
	"hv_memory_flags_t": reflect.TypeFor[hv.Prot](), "hv_allocate_flags_t": reflect.TypeFor[AllocateFlags](),
	"hv_reg_t": reflect.TypeFor[hv.Reg](), "hv_simd_fp_reg_t": reflect.TypeFor[SIMDReg](),
	"hv_sys_reg_t": reflect.TypeFor[aarch64.SysReg](), "hv_interrupt_type_t": reflect.TypeFor[InterruptType](),
	"hv_exit_reason_t": reflect.TypeFor[hv.ExitReason](), "hv_feature_reg_t": reflect.TypeFor[FeatureReg](),
	"hv_cache_type_t": reflect.TypeFor[CacheType](), "hv_ipa_granule_t": reflect.TypeFor[IPAGranule](),
	"hv_sme_z_reg_t": reflect.TypeFor[SMEZReg](), "hv_sme_p_reg_t": reflect.TypeFor[SMEPReg](),
	"hv_tlbi_op_t": reflect.TypeFor[TLBIOp](), "hv_gic_distributor_reg_t": reflect.TypeFor[DistributorReg](),
	"hv_gic_redistributor_reg_t": reflect.TypeFor[RedistributorReg](), "hv_gic_icc_reg_t": reflect.TypeFor[ICCReg](),
	"hv_gic_ich_reg_t": reflect.TypeFor[ICHReg](), "hv_gic_icv_reg_t": reflect.TypeFor[ICVReg](),
	"hv_gic_msi_reg_t": reflect.TypeFor[MSIReg](), "hv_gic_intid_t": reflect.TypeFor[IntID](),
	"hv_vm_config_t": reflect.TypeFor[VMConfig](), "hv_vcpu_config_t": reflect.TypeFor[VCPUConfig](),
	"hv_gic_config_t": reflect.TypeFor[GICConfig](), "hv_gic_state_t": reflect.TypeFor[GICState](),
	"hv_simd_fp_uchar16_t": reflect.TypeFor[[2]uint64](), "hv_vcpu_exit_t": reflect.TypeFor[VCPUExit](),
	"hv_vcpu_sme_state_t": reflect.TypeFor[SMEState](),
}

// goSignature returns the method type that the rules of Framework give a prototype.
// Pointers to constant or untyped memory with a size become slices, other pointers
// become results, and an hv_return_t becomes an error.
func goSignature(f abi.Func) (in, out []reflect.Type) {
	bytes := reflect.TypeFor[[]byte]()
	params := f.Params
	for i := 0; i < len(params); i++ {
		p := params[i]
		typ := goTypes[p.Type]
		sized := i+1 < len(params) && (params[i+1].Type == "size_t" || params[i+1].Name == "count") && params[i+1].Stars == 0
		switch {
		case p.Type == "void" && p.Stars == 2: // memory that the function allocates, with its size
			out = append(out, bytes)
		case p.Type == "u8" && p.Stars == 1 && sized, p.Type == "void" && sized:
			in = append(in, bytes)
			if f.Name == "hv_vm_map" { // address and size are not next to each other
				continue
			}
			i++
		case p.Type == "void":
			in = append(in, bytes)
		case p.Const && sized:
			in = append(in, reflect.SliceOf(typ))
			i++
		case p.Array > 0 && p.Const:
			in = append(in, reflect.ArrayOf(p.Array, typ))
		case p.Array == 16: // a vector
			out = append(out, reflect.TypeFor[[2]uint64]())
		case p.Array > 0:
			out = append(out, reflect.ArrayOf(p.Array, typ))
		case p.Stars == 1 && !p.Const:
			out = append(out, typ)
		default:
			in = append(in, typ)
		}
	}
	switch f.Return {
	case "void":
	case "hv_return_t":
		out = append(out, reflect.TypeFor[error]())
	case "u64":
		out = append(out, goTypes[f.Return])
	default:
		out = append(out, goTypes[f.Return], reflect.TypeFor[error]())
	}
	return in, out
}

// differently has the methods that do not follow the rules, with the reason beside
// each.
var differently = map[string]reflect.Type{
	"hv_vm_map":      reflect.TypeFor[func([]byte, uint64, hv.Prot) error](),         // the size is the slice's
	"hv_vm_allocate": reflect.TypeFor[func(uint64, AllocateFlags) ([]byte, error)](), // the size is not the slice's
	"hv_vcpu_create": reflect.TypeFor[func(VCPUConfig) (*RawVCPU, error)](),          // id and exit record are in RawVCPU
	"os_release":     reflect.TypeFor[func(Object)](),                                // of four types
}

// notFunctions has the methods that are not C functions.
var notFunctions = map[string]bool{
	"Framework.Functions": true, "Framework.Hypervisor": true, "Framework.CounterFrequency": true, "RawVCPU.ID": true, "RawVCPU.Exit": true,
}

func TestSignatures(t *testing.T) {
	framework, vcpu := reflect.TypeFor[*Framework](), reflect.TypeFor[*RawVCPU]()
	bound := map[string]bool{}
	for _, f := range abi.Functions() {
		recv, name := framework, goName(strings.TrimPrefix(f.Name, "hv_"))
		if len(f.Params) > 0 && f.Params[0].Name == "vcpu" {
			recv, name = vcpu, strings.TrimPrefix(name, "VCPU")
			f.Params = f.Params[1:]
		}
		full := recv.Elem().Name() + "." + name
		bound[full] = true
		m, ok := recv.MethodByName(name)
		if !ok {
			t.Errorf("%s: no method %s", f.Name, full)
			continue
		}
		want, ok := differently[f.Name]
		if !ok {
			in, out := goSignature(f)
			want = reflect.FuncOf(in, out, false)
		}
		if got := withoutReceiver(m.Type); got != want {
			t.Errorf("%s: %s is %v, want %v", f.Name, full, got, want)
		}
	}
	for _, recv := range []reflect.Type{framework, vcpu} {
		for i := range recv.NumMethod() {
			full := recv.Elem().Name() + "." + recv.Method(i).Name
			if !bound[full] && !notFunctions[full] {
				t.Errorf("%s is no function of the table", full)
			}
		}
	}
}

func withoutReceiver(m reflect.Type) reflect.Type {
	var in, out []reflect.Type
	for i := 1; i < m.NumIn(); i++ {
		in = append(in, m.In(i))
	}
	for i := range m.NumOut() {
		out = append(out, m.Out(i))
	}
	return reflect.FuncOf(in, out, false)
}
