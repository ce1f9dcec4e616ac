package vec

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// BenchmarkSIMD measures instructions through the table, as the engine runs
// them.
func BenchmarkSIMD(b *testing.B) {
	for _, c := range []struct {
		name string
		word uint32
	}{
		{"ORR_v.16b", 0x4ea21c20},
		{"EOR_v.16b", 0x6e221c20},
		{"ADD_v.4s", 0x4ea28420},
		{"CMEQ_v.16b", 0x6e228c20},
		{"CMEQ0_v.16b", 0x4e209820},
		{"CMHS_v.16b", 0x6e223c20},
		{"UMAXP_v.16b", 0x6e22a420},
		{"ADDP_v.16b", 0x4e22bc20},
		{"SHRN_v.8b_4", 0x0f0c8420},
		{"USHR_v.4s_7", 0x6f390420},
		{"SLI_v.4s_7", 0x6f275420},
		{"ADDV_b.16b", 0x4e31b820},
		{"CNT_v.16b", 0x4e205820},
		{"UADDLV_h.16b", 0x6e303820},
		{"DUP_v.16b_w", 0x4e010c20},
		{"MOVI_v.16b", 0x4f00e420},
		{"UMOV_x.d0", 0x4e083c20},
		{"EXT_v.16b_3", 0x6e021820},
		{"ZIP1_v.16b", 0x4e023820},
		{"UZP1_v.16b", 0x4e021820},
		{"TBL_v.16b", 0x4e020020},
		{"MUL_v.4s", 0x4ea29c20},
		{"MUL_v.16b", 0x4e229c20},
		{"UMLAL_v.2d", 0x2ea28020},
		{"UMLAL_v.2d_el", 0x2f822020},
		{"SQRSHL_v.16b", 0x4e225c20},
		{"UQXTN_v.8b", 0x2e214820},
		{"PMULL_v.1q", 0x0ee2e020},
		{"AESE", 0x4e284820},
		{"AESMC", 0x4e286820},
		{"AESIMC", 0x4e287820},
		{"SHA1C", 0x5e020020},
		{"SHA256H", 0x5e024020},
		{"SHA256SU1", 0x5e026020},
	} {
		op := a64.Decode(c.word)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var s a64.State
			for i := range s.V {
				s.V[i] = [2]uint64{0x0123_4567_89ab_cdef * uint64(i+1), 0xfedc_ba98_7654_3210 * uint64(i+3)}
			}
			for b.Loop() {
				Exec[op.Code-a64.FirstVector](&s, &op)
			}
		})
	}
}
