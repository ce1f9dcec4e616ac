package hvf

// function is the index in functions of a function of the framework or libSystem.
type function uint8

const (
	fnVMCreate function = iota
	fnVMDestroy
	fnVMMap
	fnVMUnmap
	fnVMProtect
	fnVMAllocate
	fnVMDeallocate
	fnVMGetMaxVCPUCount
	fnVMConfigCreate
	fnVMConfigGetMaxIPASize
	fnVMConfigGetDefaultIPASize
	fnVMConfigSetIPASize
	fnVMConfigGetIPASize
	fnVMConfigGetEL2Supported
	fnVMConfigGetEL2Enabled
	fnVMConfigSetEL2Enabled
	fnVMConfigGetDefaultIPAGranule
	fnVMConfigGetIPAGranule
	fnVMConfigSetIPAGranule
	fnVCPUConfigCreate
	fnVCPUConfigGetFeatureReg
	fnVCPUConfigGetCCSIDREL1SysRegValues
	fnVCPUCreate
	fnVCPUDestroy
	fnVCPURun
	fnVCPUsExit
	fnVCPUGetReg
	fnVCPUSetReg
	fnVCPUGetSIMDFPReg
	fnVCPUSetSIMDFPReg
	fnVCPUGetSysReg
	fnVCPUSetSysReg
	fnVCPUGetPendingInterrupt
	fnVCPUSetPendingInterrupt
	fnVCPUGetTrapDebugExceptions
	fnVCPUSetTrapDebugExceptions
	fnVCPUGetTrapDebugRegAccesses
	fnVCPUSetTrapDebugRegAccesses
	fnVCPUGetExecTime
	fnVCPUGetVTimerMask
	fnVCPUSetVTimerMask
	fnVCPUGetVTimerOffset
	fnVCPUSetVTimerOffset
	fnVCPUGetSError
	fnVCPUSetSError
	fnVCPUGetWaitForInterruptTime
	fnVCPUInvalidateTLB
	fnSMEConfigGetMaxSVLBytes
	fnVCPUGetSMEState
	fnVCPUSetSMEState
	fnVCPUGetSMEZReg
	fnVCPUSetSMEZReg
	fnVCPUGetSMEPReg
	fnVCPUSetSMEPReg
	fnVCPUGetSMEZAReg
	fnVCPUSetSMEZAReg
	fnVCPUGetSMEZT0Reg
	fnVCPUSetSMEZT0Reg
	fnGICConfigCreate
	fnGICConfigSetDistributorBase
	fnGICConfigSetRedistributorBase
	fnGICConfigSetMSIRegionBase
	fnGICConfigSetMSIInterruptRange
	fnGICCreate
	fnGICGetDistributorSize
	fnGICGetDistributorBaseAlignment
	fnGICGetRedistributorRegionSize
	fnGICGetRedistributorSize
	fnGICGetRedistributorBaseAlignment
	fnGICGetMSIRegionSize
	fnGICGetMSIRegionBaseAlignment
	fnGICGetSPIInterruptRange
	fnGICGetIntID
	fnGICSetSPI
	fnGICSendMSI
	fnGICGetDistributorReg
	fnGICSetDistributorReg
	fnGICGetMSIReg
	fnGICSetMSIReg
	fnGICGetRedistributorBase
	fnGICGetRedistributorReg
	fnGICSetRedistributorReg
	fnGICGetICCReg
	fnGICSetICCReg
	fnGICGetICHReg
	fnGICSetICHReg
	fnGICGetICVReg
	fnGICSetICVReg
	fnGICReset
	fnGICStateCreate
	fnGICStateGetSize
	fnGICStateGetData
	fnGICSetState
	fnOSRelease
	fnMachAbsoluteTime
	fnMachTimebaseInfo
	numFunctions
)

// functions lists every function of the C interface on arm64, and the first macOS
// that has it.
var functions = [numFunctions]struct {
	name  string
	since MacOS
}{
	fnVMCreate:                           {"hv_vm_create", MacOS{11, 0}},
	fnVMDestroy:                          {"hv_vm_destroy", MacOS{11, 0}},
	fnVMMap:                              {"hv_vm_map", MacOS{11, 0}},
	fnVMUnmap:                            {"hv_vm_unmap", MacOS{11, 0}},
	fnVMProtect:                          {"hv_vm_protect", MacOS{11, 0}},
	fnVMAllocate:                         {"hv_vm_allocate", MacOS{12, 1}},
	fnVMDeallocate:                       {"hv_vm_deallocate", MacOS{12, 1}},
	fnVMGetMaxVCPUCount:                  {"hv_vm_get_max_vcpu_count", MacOS{11, 0}},
	fnVMConfigCreate:                     {"hv_vm_config_create", MacOS{13, 0}},
	fnVMConfigGetMaxIPASize:              {"hv_vm_config_get_max_ipa_size", MacOS{13, 0}},
	fnVMConfigGetDefaultIPASize:          {"hv_vm_config_get_default_ipa_size", MacOS{13, 0}},
	fnVMConfigSetIPASize:                 {"hv_vm_config_set_ipa_size", MacOS{13, 0}},
	fnVMConfigGetIPASize:                 {"hv_vm_config_get_ipa_size", MacOS{13, 0}},
	fnVMConfigGetEL2Supported:            {"hv_vm_config_get_el2_supported", MacOS{15, 0}},
	fnVMConfigGetEL2Enabled:              {"hv_vm_config_get_el2_enabled", MacOS{15, 0}},
	fnVMConfigSetEL2Enabled:              {"hv_vm_config_set_el2_enabled", MacOS{15, 0}},
	fnVMConfigGetDefaultIPAGranule:       {"hv_vm_config_get_default_ipa_granule", MacOS{26, 0}},
	fnVMConfigGetIPAGranule:              {"hv_vm_config_get_ipa_granule", MacOS{26, 0}},
	fnVMConfigSetIPAGranule:              {"hv_vm_config_set_ipa_granule", MacOS{26, 0}},
	fnVCPUConfigCreate:                   {"hv_vcpu_config_create", MacOS{11, 0}},
	fnVCPUConfigGetFeatureReg:            {"hv_vcpu_config_get_feature_reg", MacOS{11, 0}},
	fnVCPUConfigGetCCSIDREL1SysRegValues: {"hv_vcpu_config_get_ccsidr_el1_sys_reg_values", MacOS{11, 0}},
	fnVCPUCreate:                         {"hv_vcpu_create", MacOS{11, 0}},
	fnVCPUDestroy:                        {"hv_vcpu_destroy", MacOS{11, 0}},
	fnVCPURun:                            {"hv_vcpu_run", MacOS{11, 0}},
	fnVCPUsExit:                          {"hv_vcpus_exit", MacOS{11, 0}},
	fnVCPUGetReg:                         {"hv_vcpu_get_reg", MacOS{11, 0}},
	fnVCPUSetReg:                         {"hv_vcpu_set_reg", MacOS{11, 0}},
	fnVCPUGetSIMDFPReg:                   {"hv_vcpu_get_simd_fp_reg", MacOS{11, 0}},
	fnVCPUSetSIMDFPReg:                   {"hv_vcpu_set_simd_fp_reg", MacOS{11, 0}},
	fnVCPUGetSysReg:                      {"hv_vcpu_get_sys_reg", MacOS{11, 0}},
	fnVCPUSetSysReg:                      {"hv_vcpu_set_sys_reg", MacOS{11, 0}},
	fnVCPUGetPendingInterrupt:            {"hv_vcpu_get_pending_interrupt", MacOS{11, 0}},
	fnVCPUSetPendingInterrupt:            {"hv_vcpu_set_pending_interrupt", MacOS{11, 0}},
	fnVCPUGetTrapDebugExceptions:         {"hv_vcpu_get_trap_debug_exceptions", MacOS{11, 0}},
	fnVCPUSetTrapDebugExceptions:         {"hv_vcpu_set_trap_debug_exceptions", MacOS{11, 0}},
	fnVCPUGetTrapDebugRegAccesses:        {"hv_vcpu_get_trap_debug_reg_accesses", MacOS{11, 0}},
	fnVCPUSetTrapDebugRegAccesses:        {"hv_vcpu_set_trap_debug_reg_accesses", MacOS{11, 0}},
	fnVCPUGetExecTime:                    {"hv_vcpu_get_exec_time", MacOS{11, 0}},
	fnVCPUGetVTimerMask:                  {"hv_vcpu_get_vtimer_mask", MacOS{11, 0}},
	fnVCPUSetVTimerMask:                  {"hv_vcpu_set_vtimer_mask", MacOS{11, 0}},
	fnVCPUGetVTimerOffset:                {"hv_vcpu_get_vtimer_offset", MacOS{11, 0}},
	fnVCPUSetVTimerOffset:                {"hv_vcpu_set_vtimer_offset", MacOS{11, 0}},
	fnVCPUGetSError:                      {"hv_vcpu_get_serror", MacOS{27, 0}},
	fnVCPUSetSError:                      {"hv_vcpu_set_serror", MacOS{27, 0}},
	fnVCPUGetWaitForInterruptTime:        {"hv_vcpu_get_wait_for_interrupt_time", MacOS{27, 0}},
	fnVCPUInvalidateTLB:                  {"hv_vcpu_invalidate_tlb", MacOS{27, 0}},
	fnSMEConfigGetMaxSVLBytes:            {"hv_sme_config_get_max_svl_bytes", MacOS{15, 2}},
	fnVCPUGetSMEState:                    {"hv_vcpu_get_sme_state", MacOS{15, 2}},
	fnVCPUSetSMEState:                    {"hv_vcpu_set_sme_state", MacOS{15, 2}},
	fnVCPUGetSMEZReg:                     {"hv_vcpu_get_sme_z_reg", MacOS{15, 2}},
	fnVCPUSetSMEZReg:                     {"hv_vcpu_set_sme_z_reg", MacOS{15, 2}},
	fnVCPUGetSMEPReg:                     {"hv_vcpu_get_sme_p_reg", MacOS{15, 2}},
	fnVCPUSetSMEPReg:                     {"hv_vcpu_set_sme_p_reg", MacOS{15, 2}},
	fnVCPUGetSMEZAReg:                    {"hv_vcpu_get_sme_za_reg", MacOS{15, 2}},
	fnVCPUSetSMEZAReg:                    {"hv_vcpu_set_sme_za_reg", MacOS{15, 2}},
	fnVCPUGetSMEZT0Reg:                   {"hv_vcpu_get_sme_zt0_reg", MacOS{15, 2}},
	fnVCPUSetSMEZT0Reg:                   {"hv_vcpu_set_sme_zt0_reg", MacOS{15, 2}},
	fnGICConfigCreate:                    {"hv_gic_config_create", MacOS{15, 0}},
	fnGICConfigSetDistributorBase:        {"hv_gic_config_set_distributor_base", MacOS{15, 0}},
	fnGICConfigSetRedistributorBase:      {"hv_gic_config_set_redistributor_base", MacOS{15, 0}},
	fnGICConfigSetMSIRegionBase:          {"hv_gic_config_set_msi_region_base", MacOS{15, 0}},
	fnGICConfigSetMSIInterruptRange:      {"hv_gic_config_set_msi_interrupt_range", MacOS{15, 0}},
	fnGICCreate:                          {"hv_gic_create", MacOS{15, 0}},
	fnGICGetDistributorSize:              {"hv_gic_get_distributor_size", MacOS{15, 0}},
	fnGICGetDistributorBaseAlignment:     {"hv_gic_get_distributor_base_alignment", MacOS{15, 0}},
	fnGICGetRedistributorRegionSize:      {"hv_gic_get_redistributor_region_size", MacOS{15, 0}},
	fnGICGetRedistributorSize:            {"hv_gic_get_redistributor_size", MacOS{15, 0}},
	fnGICGetRedistributorBaseAlignment:   {"hv_gic_get_redistributor_base_alignment", MacOS{15, 0}},
	fnGICGetMSIRegionSize:                {"hv_gic_get_msi_region_size", MacOS{15, 0}},
	fnGICGetMSIRegionBaseAlignment:       {"hv_gic_get_msi_region_base_alignment", MacOS{15, 0}},
	fnGICGetSPIInterruptRange:            {"hv_gic_get_spi_interrupt_range", MacOS{15, 0}},
	fnGICGetIntID:                        {"hv_gic_get_intid", MacOS{15, 0}},
	fnGICSetSPI:                          {"hv_gic_set_spi", MacOS{15, 0}},
	fnGICSendMSI:                         {"hv_gic_send_msi", MacOS{15, 0}},
	fnGICGetDistributorReg:               {"hv_gic_get_distributor_reg", MacOS{15, 0}},
	fnGICSetDistributorReg:               {"hv_gic_set_distributor_reg", MacOS{15, 0}},
	fnGICGetMSIReg:                       {"hv_gic_get_msi_reg", MacOS{15, 0}},
	fnGICSetMSIReg:                       {"hv_gic_set_msi_reg", MacOS{15, 0}},
	fnGICGetRedistributorBase:            {"hv_gic_get_redistributor_base", MacOS{15, 0}},
	fnGICGetRedistributorReg:             {"hv_gic_get_redistributor_reg", MacOS{15, 0}},
	fnGICSetRedistributorReg:             {"hv_gic_set_redistributor_reg", MacOS{15, 0}},
	fnGICGetICCReg:                       {"hv_gic_get_icc_reg", MacOS{15, 0}},
	fnGICSetICCReg:                       {"hv_gic_set_icc_reg", MacOS{15, 0}},
	fnGICGetICHReg:                       {"hv_gic_get_ich_reg", MacOS{15, 0}},
	fnGICSetICHReg:                       {"hv_gic_set_ich_reg", MacOS{15, 0}},
	fnGICGetICVReg:                       {"hv_gic_get_icv_reg", MacOS{15, 0}},
	fnGICSetICVReg:                       {"hv_gic_set_icv_reg", MacOS{15, 0}},
	fnGICReset:                           {"hv_gic_reset", MacOS{15, 0}},
	fnGICStateCreate:                     {"hv_gic_state_create", MacOS{15, 0}},
	fnGICStateGetSize:                    {"hv_gic_state_get_size", MacOS{15, 0}},
	fnGICStateGetData:                    {"hv_gic_state_get_data", MacOS{15, 0}},
	fnGICSetState:                        {"hv_gic_set_state", MacOS{15, 0}},
	fnOSRelease:                          {"os_release", MacOS{11, 0}},
	fnMachAbsoluteTime:                   {"mach_absolute_time", MacOS{11, 0}},
	fnMachTimebaseInfo:                   {"mach_timebase_info", MacOS{11, 0}},
}
