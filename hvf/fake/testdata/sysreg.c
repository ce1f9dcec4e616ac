/* System registers and the feature registers. Rule 5. */
#include "fake.h"

static const struct sysreg {
	u64 reg, since;
	const char *name;
} table[] = {
#define SYSREG(name, value, since) {value, since, #name},
	ABI_SYSREGS
#undef SYSREG
};

enum { NREGS = sizeof table / sizeof *table };

/* Registers that the engine does not have are stored here. */
static u64 stored[MAX_VCPUS][NREGS];

static int find(u64 reg)
{
	for (int i = 0; i < NREGS; i++)
		if (table[i].reg == reg && table[i].since <= config.macos)
			return i;
	return -1;
}

static bool is_timer_of_gic(u64 reg) { return reg >= HV_SYS_REG_CNTP_TVAL_EL0 && reg <= HV_SYS_REG_CNTP_CVAL_EL0; }

/* available returns the index of a register that this VM has, or -1. */
static int available(u64 reg)
{
	int i = find(reg);
	if (i < 0)
		return -1;
	bool el2 = (reg >> 11 & 7) >= 4 && reg != HV_SYS_REG_SP_EL1;
	if (el2 && !vm.el2)
		return -1;
	if (is_timer_of_gic(reg) && !vm.el2 && (!vm.has_gic || config.physical_timer_traps))
		return -1;
	return i;
}

hv_return_t hv_vcpu_get_sys_reg(hv_vcpu_t id, hv_sys_reg_t reg, u64 *out)
{
	OWNED(v, id);
	int i = available(reg);
	if (i < 0)
		return HV_BAD_ARGUMENT;
	if (!config.engine.get_sys || config.engine.get_sys(config.handle, id, reg, out))
		*out = stored[id][i];
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_sys_reg(hv_vcpu_t id, hv_sys_reg_t reg, u64 val)
{
	OWNED(v, id);
	int i = available(reg);
	if (i < 0)
		return HV_BAD_ARGUMENT;
	if (reg == HV_SYS_REG_MPIDR_EL1)
		v->mpidr_set = true, v->mpidr = val;
	if (!config.engine.set_sys || config.engine.set_sys(config.handle, id, reg, val))
		stored[id][i] = val;
	return HV_SUCCESS;
}

/*
 * Features that the framework shows a guest by default and that a VMM has to hide. The
 * engine does not have them, so a guest that uses them fails.
 */
static const struct {
	u64 reg, bits;
} shown[] = {
	{HV_SYS_REG_ID_AA64PFR0_EL1, 1ULL << 8 | 1ULL << 12 | 1ULL << 32}, /* EL2, EL3, SVE */
	{HV_SYS_REG_ID_AA64PFR1_EL1, 2ULL << 8 | 2ULL << 24},              /* MTE, SME */
	{HV_SYS_REG_ID_AA64ZFR0_EL1, 1},                                   /* SVE version */
	{HV_SYS_REG_ID_AA64SMFR0_EL1, 1ULL << 63},                         /* FA64 */
	{HV_SYS_REG_ID_AA64DFR0_EL1, 6ULL << 8},                           /* PMUVer */
	{HV_SYS_REG_ID_AA64MMFR0_EL1, 6},                                  /* PARange: more than any VM has */
	{HV_SYS_REG_ID_AA64MMFR2_EL1, 1ULL << 24},                         /* NV */
};

/* show adds bits to an ID register, if this macOS has it. */
static void show(u64 id, u64 reg, u64 bits)
{
	u64 val = 0;
	int n = find(reg);
	if (n < 0)
		return;
	if (config.engine.get_sys && !config.engine.get_sys(config.handle, id, reg, &val))
		config.engine.set_sys(config.handle, id, reg, val | bits);
	else
		stored[id][n] = bits;
}

void sysreg_defaults(struct vcpu *v)
{
	u64 id = v - vcpus;
	memset(stored[id], 0, sizeof stored[id]);
	for (unsigned i = 0; i < sizeof shown / sizeof *shown; i++)
		show(id, shown[i].reg, shown[i].bits);
	if (config.ids_differ) /* I8MM or BF16 */
		show(id, HV_SYS_REG_ID_AA64ISAR1_EL1, id ? 1ULL << 52 : 1ULL << 44);
}

hv_vcpu_config_t hv_vcpu_config_create(void) { return (hv_vcpu_config_t)object_new(VCPU_CONFIG); }

hv_return_t hv_vcpu_config_get_feature_reg(hv_vcpu_config_t cfg, hv_feature_reg_t reg, u64 *out)
{
	static const u64 values[] = {
		[HV_FEATURE_REG_ID_AA64DFR0_EL1] = 0x10305006, [HV_FEATURE_REG_ID_AA64MMFR0_EL1] = 0x000010000f100022,
		[HV_FEATURE_REG_ID_AA64PFR0_EL1] = 0x1101000011110011, [HV_FEATURE_REG_ID_AA64PFR1_EL1] = 0x202000001,
		[HV_FEATURE_REG_CTR_EL0] = 0x99444c004, [HV_FEATURE_REG_ID_AA64ZFR0_EL1] = 0,
	};
	if (!object_check((struct object *)cfg, VCPU_CONFIG, __func__))
		return HV_BAD_ARGUMENT;
	if (reg > (config.macos >= 1502 ? HV_FEATURE_REG_ID_AA64ZFR0_EL1 : HV_FEATURE_REG_DCZID_EL0))
		return HV_BAD_ARGUMENT;
	*out = values[reg];
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_config_get_ccsidr_el1_sys_reg_values(hv_vcpu_config_t cfg, hv_cache_type_t cache_type, u64 out[8])
{
	if (!object_check((struct object *)cfg, VCPU_CONFIG, __func__) || cache_type > HV_CACHE_TYPE_INSTRUCTION)
		return HV_BAD_ARGUMENT;
	for (int i = 0; i < 8; i++)
		out[i] = (u64)cache_type << 32 | (u64)i;
	return HV_SUCCESS;
}
