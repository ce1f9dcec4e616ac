/*
 * The rules of the framework's GIC: when it may be made, and what it may be asked.
 * The GIC itself is in the engine. Rule 10.
 */
#include "fake.h"

enum {
	REDISTRIBUTOR_REGION = 0x2000000,
	REDISTRIBUTOR = 0x20000,
	FRAME = 0x10000,
	FIRST_SPI = 32,
	SPIS = 988,
	STATE_SIZE = 4096,
	STATE_MAGIC = 0x31434947,
};

hv_gic_config_t hv_gic_config_create(void)
{
	if (!vm.exists)
		return NULL;
	return (hv_gic_config_t)object_new(GIC_CONFIG);
}

#define CONFIG(o, cfg)                                             \
	struct object *o = (struct object *)cfg;                   \
	if (!object_check(o, GIC_CONFIG, __func__))                \
		return HV_BAD_ARGUMENT

hv_return_t hv_gic_config_set_distributor_base(hv_gic_config_t cfg, u64 ipa)
{
	CONFIG(o, cfg);
	if (ipa % FRAME || ipa + FRAME < ipa)
		return HV_BAD_ARGUMENT;
	o->distributor = ipa;
	return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_redistributor_base(hv_gic_config_t cfg, u64 ipa)
{
	CONFIG(o, cfg);
	if (ipa % FRAME || ipa + REDISTRIBUTOR_REGION < ipa)
		return HV_BAD_ARGUMENT;
	o->redistributor = ipa;
	o->has_redistributor = true;
	return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_msi_region_base(hv_gic_config_t cfg, u64 ipa)
{
	CONFIG(o, cfg);
	if (ipa % FRAME || ipa + FRAME < ipa)
		return HV_BAD_ARGUMENT;
	o->msi_base = ipa;
	return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_msi_interrupt_range(hv_gic_config_t cfg, u32 base, u32 count)
{
	CONFIG(o, cfg);
	if (base < FIRST_SPI || count > SPIS || base - FIRST_SPI > SPIS - count)
		return HV_BAD_ARGUMENT;
	o->msi_first = base;
	o->msi_count = count;
	return HV_SUCCESS;
}

static hv_return_t create(const struct object *o)
{
	if (!vm.exists)
		return HV_NO_DEVICE;
	if (vm.has_gic)
		return broken(10, HV_BUSY, "hv_gic_create: the VM has a GIC");
	if (vm.created)
		return broken(10, HV_BUSY, "hv_gic_create: the VM has had vCPUs");
	if (!o->has_redistributor)
		return HV_BAD_ARGUMENT;
	if (config.engine.gic_create(config.handle, o->distributor, o->redistributor))
		return HV_ERROR;
	vm.has_gic = true;
	vm.redistributor = o->redistributor;
	vm.msi_first = o->msi_first;
	vm.msi_count = o->msi_count;
	return HV_SUCCESS;
}

hv_return_t hv_gic_create(hv_gic_config_t cfg)
{
	CONFIG(o, cfg);
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = create(o);
	pthread_mutex_unlock(&vm_lock);
	return code;
}

#define SIZE(name, value)                                 \
	hv_return_t hv_gic_get_##name(size_t *out)        \
	{                                                 \
		*out = value;                             \
		return HV_SUCCESS;                        \
	}

SIZE(distributor_size, FRAME)
SIZE(distributor_base_alignment, FRAME)
SIZE(redistributor_region_size, REDISTRIBUTOR_REGION)
SIZE(redistributor_size, REDISTRIBUTOR)
SIZE(redistributor_base_alignment, FRAME)
SIZE(msi_region_size, FRAME)
SIZE(msi_region_base_alignment, FRAME)

hv_return_t hv_gic_get_spi_interrupt_range(u32 *base, u32 *count)
{
	*base = FIRST_SPI;
	*count = SPIS;
	return HV_SUCCESS;
}

hv_return_t hv_gic_get_intid(hv_gic_intid_t which, u32 *intid)
{
	switch (which) {
	case HV_GIC_INT_PERFORMANCE_MONITOR:
	case HV_GIC_INT_MAINTENANCE:
	case HV_GIC_INT_EL2_PHYSICAL_TIMER:
	case HV_GIC_INT_EL1_VIRTUAL_TIMER:
	case HV_GIC_INT_EL1_PHYSICAL_TIMER:
		*intid = which;
		return HV_SUCCESS;
	}
	return HV_BAD_ARGUMENT;
}

static bool is_msi(u64 intid) { return intid >= vm.msi_first && intid - vm.msi_first < vm.msi_count; }

/*
 * gic_can_run says whether v may run. A vCPU's affinity finds its redistributor. In
 * the engine vCPU i has Aff1 i/16 and Aff0 i%16; the framework may accept others.
 */
bool gic_can_run(struct vcpu *v)
{
	u64 id = v - vcpus;
	if (!vm.has_gic)
		return true;
	if (!v->mpidr_set)
		return !broken(10, 1, "hv_vcpu_run: MPIDR_EL1 is not set, and the VM has a GIC");
	if ((v->mpidr & 0xff00ffffff) != (id / 16 << 8 | id % 16))
		return !broken(10, 1, "hv_vcpu_run: MPIDR_EL1 0x%llx of vCPU %llu differs from its redistributor's affinity",
			       (unsigned long long)v->mpidr, (unsigned long long)id);
	return true;
}

#define NEED_GIC                          \
	if (!vm.exists || !vm.has_gic)    \
		return HV_NO_DEVICE

hv_return_t hv_gic_set_spi(u32 intid, bool level)
{
	NEED_GIC;
	if (intid < FIRST_SPI || intid >= FIRST_SPI + SPIS || is_msi(intid))
		return HV_BAD_ARGUMENT;
	config.engine.gic_set_spi(config.handle, intid, level);
	return HV_SUCCESS;
}

hv_return_t hv_gic_send_msi(hv_ipa_t ipa, u32 intid)
{
	NEED_GIC;
	(void)ipa;
	if (!is_msi(intid))
		return HV_BAD_ARGUMENT;
	config.engine.gic_set_spi(config.handle, intid, true);
	config.engine.gic_set_spi(config.handle, intid, false);
	return HV_SUCCESS;
}

hv_return_t hv_gic_get_distributor_reg(hv_gic_distributor_reg_t reg, u64 *out)
{
	NEED_GIC;
	if (reg % 4)
		return HV_BAD_ARGUMENT;
	return config.engine.gic_access(config.handle, 0, GICD, reg, false, out) ? HV_BAD_ARGUMENT : HV_SUCCESS;
}

hv_return_t hv_gic_set_distributor_reg(hv_gic_distributor_reg_t reg, u64 value)
{
	NEED_GIC;
	if (reg % 4)
		return HV_BAD_ARGUMENT;
	if (reg == HV_GIC_DISTRIBUTOR_REG_GICD_TYPER || reg == HV_GIC_DISTRIBUTOR_REG_GICD_PIDR2)
		return HV_DENIED;
	return config.engine.gic_access(config.handle, 0, GICD, reg, true, &value) ? HV_BAD_ARGUMENT : HV_SUCCESS;
}

hv_return_t hv_gic_get_msi_reg(hv_gic_msi_reg_t reg, u64 *out)
{
	NEED_GIC;
	if (reg != HV_GIC_MSI_REG_GICM_TYPER)
		return HV_BAD_ARGUMENT;
	*out = vm.msi_first << 16 | vm.msi_count;
	return HV_SUCCESS;
}

hv_return_t hv_gic_set_msi_reg(hv_gic_msi_reg_t reg, u64 value)
{
	NEED_GIC;
	if (reg != HV_GIC_MSI_REG_GICM_SET_SPI_NSR)
		return HV_BAD_ARGUMENT;
	return hv_gic_send_msi(0, (u32)value);
}

hv_return_t hv_gic_get_redistributor_base(hv_vcpu_t id, u64 *ipa)
{
	NEED_GIC;
	if (id >= MAX_VCPUS || !vcpus[id].live)
		return HV_BAD_ARGUMENT;
	if (!vcpus[id].mpidr_set)
		return broken(10, HV_BAD_ARGUMENT, "%s: MPIDR_EL1 is not set", __func__);
	*ipa = vm.redistributor + id * REDISTRIBUTOR;
	return HV_SUCCESS;
}

/* cell returns the place that stores a register of a kind, or NULL. */
static u64 *cell(struct vcpu *v, u64 kind, u64 reg)
{
	u64 key = kind << 32 | reg;
	for (unsigned i = 0; i < sizeof v->gic / sizeof *v->gic; i++) {
		if (v->gic[i].key == 0)
			v->gic[i].key = key;
		if (v->gic[i].key == key)
			return &v->gic[i].value;
	}
	return NULL;
}

static bool el2_only(u64 kind, u64 reg) { return kind == ICH || kind == ICV || (kind == ICC && reg == HV_GIC_ICC_REG_SRE_EL2); }

static bool read_only(u64 kind, u64 reg)
{
	if (kind == GICR)
		return reg == HV_GIC_REDISTRIBUTOR_REG_GICR_TYPER || reg == HV_GIC_REDISTRIBUTOR_REG_GICR_PIDR2;
	if (kind == ICC || kind == ICV)
		return reg == HV_GIC_ICC_REG_RPR_EL1;
	return reg == HV_GIC_ICH_REG_VTR_EL2 || reg == HV_GIC_ICH_REG_MISR_EL2 || reg == HV_GIC_ICH_REG_EISR_EL2 ||
	       reg == HV_GIC_ICH_REG_ELRSR_EL2 || reg >= HV_GIC_ICH_REG_LR8_EL2;
}

static bool known(u64 kind, u64 reg)
{
	static const u64 regs[] = {
#define GICREG(kind, value) (u64)kind << 32 | value,
		ABI_GICREGS
#undef GICREG
	};
	for (unsigned i = 0; i < sizeof regs / sizeof *regs; i++)
		if (regs[i] == (kind << 32 | reg))
			return true;
	return false;
}

static hv_return_t access(struct vcpu *v, u64 kind, u64 reg, bool write, u64 *value)
{
	NEED_GIC;
	if (!known(kind, reg) || (el2_only(kind, reg) && !vm.el2))
		return HV_BAD_ARGUMENT;
	if (write && read_only(kind, reg))
		return HV_DENIED;
	if ((kind == GICR || kind == ICC) && !config.engine.gic_access(config.handle, v - vcpus, kind, reg, write, value))
		return HV_SUCCESS;
	u64 *c = cell(v, kind, reg);
	if (!c)
		return HV_NO_RESOURCES;
	if (write)
		*c = *value;
	else
		*value = *c;
	return HV_SUCCESS;
}

#define REGISTERS(name, type, kind)                                                    \
	hv_return_t hv_gic_get_##name##_reg(hv_vcpu_t id, type reg, u64 *out)          \
	{                                                                              \
		OWNED(v, id);                                                          \
		return access(v, kind, reg, false, out);                               \
	}                                                                              \
	hv_return_t hv_gic_set_##name##_reg(hv_vcpu_t id, type reg, u64 value)         \
	{                                                                              \
		OWNED(v, id);                                                          \
		return access(v, kind, reg, true, &value);                             \
	}

REGISTERS(redistributor, hv_gic_redistributor_reg_t, GICR)
REGISTERS(icc, hv_gic_icc_reg_t, ICC)
REGISTERS(ich, hv_gic_ich_reg_t, ICH)
REGISTERS(icv, hv_gic_icv_reg_t, ICV)

hv_return_t hv_gic_reset(void)
{
	NEED_GIC;
	config.engine.gic_reset(config.handle);
	return HV_SUCCESS;
}

hv_gic_state_t hv_gic_state_create(void)
{
	if (!vm.exists || !vm.has_gic)
		return NULL;
	for (int i = 0; i < MAX_VCPUS; i++)
		if (vcpus[i].live && atomic_load(&vcpus[i].inside))
			broken(10, 0, "hv_gic_state_create: vCPU %d runs", i);
	return (hv_gic_state_t)object_new(GIC_STATE);
}

#define STATE(o, state)                                             \
	if (!object_check((struct object *)state, GIC_STATE, __func__)) \
		return HV_BAD_ARGUMENT

hv_return_t hv_gic_state_get_size(hv_gic_state_t state, size_t *out)
{
	STATE(o, state);
	*out = STATE_SIZE;
	return HV_SUCCESS;
}

hv_return_t hv_gic_state_get_data(hv_gic_state_t state, void *buf)
{
	STATE(o, state);
	memset(buf, 0, STATE_SIZE);
	u64 ctlr = 0;
	hv_gic_get_distributor_reg(HV_GIC_DISTRIBUTOR_REG_GICD_CTLR, &ctlr);
	u32 head[2] = {STATE_MAGIC, (u32)ctlr};
	memcpy(buf, head, sizeof head);
	return HV_SUCCESS;
}

hv_return_t hv_gic_set_state(const void *data, size_t size)
{
	u32 head[2];
	NEED_GIC;
	if (vm.ran)
		return broken(10, HV_BUSY, "hv_gic_set_state: a vCPU has run");
	if (!data || size < STATE_SIZE)
		return HV_BAD_ARGUMENT;
	memcpy(head, data, sizeof head);
	if (head[0] != STATE_MAGIC)
		return HV_BAD_ARGUMENT;
	return hv_gic_set_distributor_reg(HV_GIC_DISTRIBUTOR_REG_GICD_CTLR, head[1]);
}
