package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

func init() {
	table{
		a64.VMUL:      vectors(same(lane.Mul)),
		a64.VMLA:      vectors(accumulate(lane.MLA)),
		a64.VMLS:      vectors(accumulate(lane.MLS)),
		a64.VPMUL:     vectors(same(lane.PMUL)),
		a64.VSHADD:    vectors(same(lane.SHADD)),
		a64.VUHADD:    vectors(same(lane.UHADD)),
		a64.VSRHADD:   vectors(same(lane.SRHADD)),
		a64.VURHADD:   vectors(same(lane.URHADD)),
		a64.VSHSUB:    vectors(same(lane.SHSUB)),
		a64.VUHSUB:    vectors(same(lane.UHSUB)),
		a64.VSMAX:     vectors(same(lane.SMAX)),
		a64.VUMAX:     vectors(same(lane.UMAX)),
		a64.VSMIN:     vectors(same(lane.SMIN)),
		a64.VUMIN:     vectors(same(lane.UMIN)),
		a64.VSABD:     vectors(same(lane.SABD)),
		a64.VUABD:     vectors(same(lane.UABD)),
		a64.VSABA:     vectors(accumulate(lane.SABA)),
		a64.VUABA:     vectors(accumulate(lane.UABA)),
		a64.VCMGT:     vectors(same(lane.CMGT)),
		a64.VCMGE:     vectors(same(lane.CMGE)),
		a64.VCMHI:     vectors(same(lane.CMHI)),
		a64.VCMTST:    vectors(same(lane.CMTST)),
		a64.VSSHL:     vectors(same(lane.SSHL)),
		a64.VUSHL:     vectors(same(lane.USHL)),
		a64.VSRSHL:    vectors(same(lane.SRSHL)),
		a64.VURSHL:    vectors(same(lane.URSHL)),
		a64.VSQSHL:    vectors(saturate(lane.SQSHL)),
		a64.VUQSHL:    vectors(saturate(lane.UQSHL)),
		a64.VSQRSHL:   vectors(saturate(lane.SQRSHL)),
		a64.VUQRSHL:   vectors(saturate(lane.UQRSHL)),
		a64.VSQADD:    vectors(saturate(lane.SQADD)),
		a64.VUQADD:    vectors(saturate(lane.UQADD)),
		a64.VSQSUB:    vectors(saturate(lane.SQSUB)),
		a64.VUQSUB:    vectors(saturate(lane.UQSUB)),
		a64.VSQDMULH:  vectors(saturate(lane.SQDMULH)),
		a64.VSQRDMULH: vectors(saturate(lane.SQRDMULH)),

		a64.VADDP:  pairwise(lane.Add),
		a64.VSMAXP: pairwise(lane.SMAX),
		a64.VUMAXP: pairwise(lane.UMAX),
		a64.VSMINP: pairwise(lane.SMIN),
		a64.VUMINP: pairwise(lane.UMIN),

		a64.VMULElem:      byElement(same(lane.Mul)),
		a64.VMLAElem:      byElement(accumulate(lane.MLA)),
		a64.VMLSElem:      byElement(accumulate(lane.MLS)),
		a64.VSQDMULHElem:  byElement(saturate(lane.SQDMULH)),
		a64.VSQRDMULHElem: byElement(saturate(lane.SQRDMULH)),
	}.install()
}
