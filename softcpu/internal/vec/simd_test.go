package vec

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestForms has a row for each form of instructions. Forms differ in the elements that they
// read and write, and in what they do to the rest of the register. V0 is the destination, V1
// and V2 are the sources. The results are QEMU's.
func TestForms(t *testing.T) {
	d := [2]uint64{0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908}
	n := [2]uint64{0x8070_6050_4030_2010, 0xfff0_e0d0_c0b0_a090}
	m := [2]uint64{0x0102_0304_0506_0708, 0x7f80_81fe_ff00_0102}
	for _, c := range []struct {
		word uint32
		text string
		want [2]uint64
		qc   bool
	}{
		{0x0e228420, "add v0.8b, v1.8b, v2.8b", [2]uint64{0x8172_6354_4536_2718}, false},
		{0x4e628420, "add v0.8h, v1.8h, v2.8h", [2]uint64{0x8172_6354_4536_2718, 0x7f70_62ce_bfb0_a192}, false},
		{0x5ee28420, "add d0, d1, d2", [2]uint64{0x8172_6354_4536_2718}, false},
		{0x4f528820, "mul v0.8h, v1.8h, v2.h[5]", [2]uint64{0x9000_b000_d000_f000, 0x1000_3000_5000_7000}, false},
		{0x6fa20020, "mla v0.4s, v1.4s, v2.s[1]", [2]uint64{0x6a88_7644_e442_b140, 0x7314_004c_f0ce_3b48}, false},
		{0x5e220c20, "sqadd b0, b1, b2", [2]uint64{0x0000_0000_0000_0018}, false},
		{0x5e620c40, "sqadd h0, h2, h2", [2]uint64{0x0000_0000_0000_0e10}, false},
		{0x4e220c40, "sqadd v0.16b, v2.16b, v2.16b", [2]uint64{0x0204_0608_0a0c_0e10, 0x7f80_80fc_fe00_0204}, true},
		{0x2e210c20, "uqadd v0.8b, v1.8b, v1.8b", [2]uint64{0xffe0_c0a0_8060_4020}, true},
		{0x4e203820, "suqadd v0.16b, v1.16b", [2]uint64{0x7f76_6554_4332_2110, 0x7f7f_7f7f_7f7f_7f7f}, true},
		{0x2ea21c20, "bit v0.8b, v1.8b, v2.8b", [2]uint64{0x0604_0400_0200_0000}, false},
		{0x6e621c20, "bsl v0.16b, v1.16b, v2.16b", [2]uint64{0x0000_0200_0404_0608, 0x7f80_80f2_f400_0002}, false},
		{0x0e22bc20, "addp v0.8b, v1.8b, v2.8b", [2]uint64{0x0307_0b0f_f0b0_7030}, false},
		{0x4ee2bc20, "addp v0.2d, v1.2d, v2.2d", [2]uint64{0x8061_4121_00e0_c0a0, 0x8082_8503_0406_080a}, false},
		{0x5ef1b820, "addp d0, v1.2d", [2]uint64{0x8061_4121_00e0_c0a0}, false},
		{0x0e220020, "saddl v0.8h, v1.8b, v2.8b", [2]uint64{0x0045_0036_0027_0018, 0xff81_0072_0063_0054}, false},
		{0x4e220020, "saddl2 v0.8h, v1.16b, v2.16b", [2]uint64{0xffbf_ffb0_ffa1_ff92, 0x007e_ff70_ff61_ffce}, false},
		{0x2e221020, "uaddw v0.8h, v1.8h, v2.8b", [2]uint64{0x8075_6056_4037_2018, 0xfff1_e0d2_c0b3_a094}, false},
		{0x0e224020, "addhn v0.8b, v1.8h, v2.8h", [2]uint64{0x7f62_bfa1_8163_4527}, false},
		{0x4e224020, "addhn2 v0.16b, v1.8h, v2.8h", [2]uint64{0x0706_0504_0302_0100, 0x7f62_bfa1_8163_4527}, false},
		{0x5e62d020, "sqdmull s0, h1, h2", [2]uint64{0x0000_0000_01c2_e100}, false},
		{0x4fa23820, "sqdmlal2 v0.2d, v1.4s, v2.s[3]", [2]uint64{0xc7f5_b4a7_d351_bec0, 0x0efe_fceb_df99_c5c8}, false},
		{0x4e212820, "xtn2 v0.16b, v1.8h", [2]uint64{0x0706_0504_0302_0100, 0xf0d0_b090_7050_3010}, false},
		{0x5e614820, "sqxtn h0, s1", [2]uint64{0x0000_0000_0000_7fff}, true},
		{0x2e212820, "sqxtun v0.8b, v1.8h", [2]uint64{0x0000_0000_00ff_ffff}, true},
		{0x0e202820, "saddlp v0.4h, v1.8b", [2]uint64{0xfff0_00b0_0070_0030}, false},
		{0x0f0c8420, "shrn v0.8b, v1.8h, #4", [2]uint64{0xff0d_0b09_0705_0301}, false},
		{0x5f0f9c40, "sqrshrn b0, h2, #1", [2]uint64{0x0000_0000_0000_007f}, true},
		{0x4f0c5420, "shl v0.16b, v1.16b, #4", [2]uint64{0x0000_0000_0000_0000, 0xf000_0000_0000_0000}, false},
		{0x6f0c4420, "sri v0.16b, v1.16b, #4", [2]uint64{0x0807_0605_0403_0201, 0x0f0f_0e0d_0c0b_0a09}, false},
		{0x5f401420, "ssra d0, d1, #64", [2]uint64{0x0706_0504_0302_00ff}, false},
		{0x0e224420, "sshl v0.8b, v1.8b, v2.8b", [2]uint64{0x00c0_0000_0000_0000}, false},
		{0x4e31b820, "addv b0, v1.16b", [2]uint64{0x0000_0000_0000_007f}, false},
		{0x6e303820, "uaddlv h0, v1.16b", [2]uint64{0x0000_0000_0000_087f}, false},
		{0x6e022820, "ext v0.16b, v1.16b, v2.16b, #5", [2]uint64{0xd0c0_b0a0_9080_7060, 0x0405_0607_08ff_f0e0}, false},
		{0x2e022820, "ext v0.8b, v1.8b, v2.8b, #5", [2]uint64{0x0405_0607_0880_7060}, false},
		{0x4e023820, "zip1 v0.16b, v1.16b, v2.16b", [2]uint64{0x0540_0630_0720_0810, 0x0180_0270_0360_0450}, false},
		{0x0e027820, "zip2 v0.8b, v1.8b, v2.8b", [2]uint64{0x0180_0270_0360_0450}, false},
		{0x4e025820, "uzp2 v0.16b, v1.16b, v2.16b", [2]uint64{0xffe0_c0a0_8060_4020, 0x7f81_ff01_0103_0507}, false},
		{0x4ec26820, "trn2 v0.2d, v1.2d, v2.2d", [2]uint64{0xfff0_e0d0_c0b0_a090, 0x7f80_81fe_ff00_0102}, false},
		{0x0e020020, "tbl v0.8b, {v1.16b}, v2.8b", [2]uint64{0x2030_4050_6070_8090}, false},
		{0x4e021020, "tbx v0.16b, {v1.16b}, v2.16b", [2]uint64{0x2030_4050_6070_8090, 0x0f0e_0d0c_0b10_2030}, false},
		{0x4e022000, "tbl v0.16b, {v0.16b,v1.16b}, v2.16b", [2]uint64{0x0102_0304_0506_0708, 0x0000_0000_0000_0102}, false},
		{0x6e0b0c20, "mov v0.b[5], v1.b[1]", [2]uint64{0x0706_2004_0302_0100, 0x0f0e_0d0c_0b0a_0908}, false},
		{0x5e070420, "mov b0, v1.b[3]", [2]uint64{0x0000_0000_0000_0040}, false},
		{0x4f00e420, "movi v0.16b, #1", [2]uint64{0x0101_0101_0101_0101, 0x0101_0101_0101_0101}, false},
		{0x0f001420, "orr v0.2s, #1", [2]uint64{0x0706_0505_0302_0101}, false},
		{0x6ea13440, "cmhi v0.4s, v2.4s, v1.4s", [2]uint64{0x0000_0000_0000_0000, 0x0000_0000_ffff_ffff}, false},
		{0x6e600820, "rev32 v0.8h, v1.8h", [2]uint64{0x6050_8070_2010_4030, 0xe0d0_fff0_a090_c0b0}, false},
		{0x4ee2e020, "pmull2 v0.1q, v1.2d, v2.2d", [2]uint64{0xc886_c191_41c1_d120, 0x2a82_f8a5_d765_48a1}, false},
	} {
		s := a64.State{}
		s.V[0], s.V[1], s.V[2] = d, n, m
		op := a64.Decode(c.word)
		Exec[op.Code-a64.FirstVector](&s, &op)
		if qc := s.FP.FPSR&qc != 0; s.V[0] != c.want || qc != c.qc {
			t.Errorf("%08x %s (%v):\n\tgot  %016x, QC %v\n\twant %016x, QC %v", c.word, c.text, op.Code, s.V[0], qc, c.want, c.qc)
		}
		if s.V[1] != n || s.V[2] != m {
			t.Errorf("%08x %s: a source changed", c.word, c.text)
		}
	}
}
