package fake

import (
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/testdata/abi"
)

// header returns abi.h for a version of macOS: the types, constants and prototypes of
// the C interface, made from the tables of package abi.
func header(macOS hvf.MacOS) string {
	var b strings.Builder
	b.WriteString("/* Made from the tables of the C interface. */\n")
	b.WriteString("typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;\n")
	for _, t := range abi.Types() {
		switch t.Kind {
		case "int", "uint":
			fmt.Fprintf(&b, "typedef %s%d_t %s;\n", t.Kind, 8*t.Size, t.Name)
		case "object":
			fmt.Fprintf(&b, "typedef struct %s_ *%s;\n", t.Name, t.Name)
		case "vector":
			fmt.Fprintf(&b, "typedef uint8_t %s __attribute__((vector_size(%d)));\n", t.Name, t.Size)
		}
	}
	b.WriteString("#include \"structs.h\"\n")
	for _, f := range abi.Fields() {
		fmt.Fprintf(&b, "_Static_assert(offsetof(%[1]s, %[2]s) == %[3]d && sizeof ((%[1]s *)0)->%[2]s == %[4]d, \"%[1]s.%[2]s\");\n",
			f.Struct, f.Name, f.Offset, f.Size)
	}
	for _, t := range abi.Types() {
		fmt.Fprintf(&b, "_Static_assert(sizeof(%[1]s) == %[2]d, \"%[1]s\");\n", t.Name, t.Size)
	}
	writeConstants(&b)
	for _, f := range abi.Functions() {
		if later(f.Since, macOS) {
			fmt.Fprintf(&b, "#define %[1]s absent_%[1]s\n", f.Name)
			fmt.Fprintf(&b, "%s;\n", f.Prototype)
			continue
		}
		fmt.Fprintf(&b, "__attribute__((visibility(\"default\"))) %s;\n", f.Prototype)
	}
	return b.String()
}

// writeConstants writes the constants, and lists of those that C iterates over.
func writeConstants(b *strings.Builder) {
	kinds := map[string]int{"hv_gic_redistributor_reg_t": 1, "hv_gic_icc_reg_t": 2, "hv_gic_ich_reg_t": 3, "hv_gic_icv_reg_t": 4}
	var sysregs, gicregs strings.Builder
	for _, c := range abi.Constants() {
		if c.Type == "hv_return_t" {
			fmt.Fprintf(b, "#define %s ((hv_return_t)0x%x)\n", c.Name, c.Value)
			continue
		}
		fmt.Fprintf(b, "#define %s 0x%x\n", c.Name, c.Value)
		if c.Type == "hv_sys_reg_t" {
			fmt.Fprintf(&sysregs, " SYSREG(%s, 0x%x, %d)", strings.TrimPrefix(c.Name, "HV_SYS_REG_"), c.Value, number(hvf.MacOS(c.Since)))
		}
		if k := kinds[c.Type]; k != 0 {
			fmt.Fprintf(&gicregs, " GICREG(%d, 0x%x)", k, c.Value)
		}
	}
	fmt.Fprintf(b, "#define ABI_SYSREGS%s\n#define ABI_GICREGS%s\n", &sysregs, &gicregs)
}

func later(v abi.Version, than hvf.MacOS) bool { return number(hvf.MacOS(v)) > number(than) }

// number returns a version as the number that C compares.
func number(v hvf.MacOS) int { return int(v.Major)*100 + int(v.Minor) }
