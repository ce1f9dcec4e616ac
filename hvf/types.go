package hvf

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// InterruptType is an interrupt input of a vCPU, as hv_interrupt_type_t.
type InterruptType uint32

const (
	InterruptIRQ InterruptType = 0
	InterruptFIQ InterruptType = 1
)

// CacheType chooses one of the caches of a level, as hv_cache_type_t.
type CacheType uint32

const (
	CacheData        CacheType = 0 // data or unified
	CacheInstruction CacheType = 1
)

// AllocateFlags is an hv_allocate_flags_t.
type AllocateFlags uint64

// AllocateDefault is the only flag of the interface.
const AllocateDefault AllocateFlags = 0

// IPAGranule is the granule in which guest physical memory is mapped, as
// hv_ipa_granule_t.
type IPAGranule uint32

const (
	IPAGranule4KB  IPAGranule = 0
	IPAGranule16KB IPAGranule = 1
)

// SMEZReg is the number of a scalable vector register, 0 to 31.
type SMEZReg uint32

// SMEPReg is the number of a predicate register, 0 to 15.
type SMEPReg uint32

// TLBIOp is an hv_tlbi_op_t of macOS 27. The values are not public.
type TLBIOp uint32

// VCPUExit is an hv_vcpu_exit_t: why hv_vcpu_run returned.
type VCPUExit struct {
	Reason    hv.ExitReason
	_         uint32
	Exception VCPUExitException // for ExitException only
}

// VCPUExitException is the exception that ended a run.
type VCPUExitException struct {
	Syndrome        aarch64.ESR
	VirtualAddress  uint64
	PhysicalAddress uint64
}

// SMEState is an hv_vcpu_sme_state_t.
type SMEState struct {
	StreamingSVEMode bool // PSTATE.SM
	ZAStorage        bool // PSTATE.ZA
}

// Object is an os_object of the framework. Whoever creates one releases it with
// Framework.OSRelease, even after the framework has used it.
type Object interface{ object() uintptr }

// VMConfig is an hv_vm_config_t; 0 stands for the defaults.
type VMConfig uintptr

// VCPUConfig is an hv_vcpu_config_t; 0 stands for the defaults.
type VCPUConfig uintptr

// GICConfig is an hv_gic_config_t.
type GICConfig uintptr

// GICState is an hv_gic_state_t.
type GICState uintptr

func (o VMConfig) object() uintptr   { return uintptr(o) }
func (o VCPUConfig) object() uintptr { return uintptr(o) }
func (o GICConfig) object() uintptr  { return uintptr(o) }
func (o GICState) object() uintptr   { return uintptr(o) }
