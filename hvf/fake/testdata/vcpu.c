/* vCPUs, their owners and their registers. Rules 2, 3, 5, 6, 7, 8 and 13. */
#include <sched.h>

#include "fake.h"

struct vcpu vcpus[MAX_VCPUS];

/*
 * owned returns the vCPU if it exists and belongs to the calling thread. The real
 * framework may not notice such a mistake, and may act on another vCPU.
 */
struct vcpu *owned(hv_vcpu_t id, const char *function, hv_return_t *code)
{
	*code = HV_BAD_ARGUMENT;
	if (!vm.exists) {
		*code = HV_NO_DEVICE;
		return NULL;
	}
	if (id >= MAX_VCPUS || !vcpus[id].lived)
		return NULL;
	struct vcpu *v = &vcpus[id];
	if (!v->live) {
		broken(3, 0, "%s: vCPU %llu was destroyed", function, (unsigned long long)id);
		return NULL;
	}
	if (!pthread_equal(v->owner, pthread_self())) {
		broken(2, 0, "%s: vCPU %llu belongs to another thread", function, (unsigned long long)id);
		return NULL;
	}
	return v;
}

static hv_return_t create(hv_vcpu_t *id, hv_vcpu_exit_t **exit)
{
	if (!vm.exists)
		return HV_NO_DEVICE;
	struct vcpu *v = NULL;
	for (int i = MAX_VCPUS - 1; i >= 0; i--) {
		if (!vcpus[i].live)
			v = &vcpus[i]; /* the lowest free id */
		else if (pthread_equal(vcpus[i].owner, pthread_self()))
			return HV_BUSY;
	}
	if (!v)
		return HV_NO_RESOURCES;
	if (vm.has_gic && vm.ran)
		return broken(10, HV_BUSY, "hv_vcpu_create: the VM has a GIC, and a vCPU has run");
	/* The exit record is freed with its vCPU, so that tools find a late access. */
	memset(v, 0, sizeof *v);
	v->exit = calloc(1, sizeof *v->exit);
	v->owner = pthread_self();
	*id = (hv_vcpu_t)(v - vcpus);
	if (config.engine.vcpu_create && config.engine.vcpu_create(config.handle, *id, &v->s))
		return HV_ERROR;
	sysreg_defaults(v);
	v->live = v->lived = true;
	vm.created++;
	*exit = v->exit;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_create(hv_vcpu_t *id, hv_vcpu_exit_t **exit, hv_vcpu_config_t cfg)
{
	if (cfg && !object_check((struct object *)cfg, VCPU_CONFIG, __func__))
		return HV_BAD_ARGUMENT;
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = create(id, exit);
	pthread_mutex_unlock(&vm_lock);
	return code;
}

hv_return_t hv_vcpu_destroy(hv_vcpu_t id)
{
	OWNED(v, id);
	if (config.engine.vcpu_destroy)
		config.engine.vcpu_destroy(config.handle, id);
	pthread_mutex_lock(&vm_lock);
	v->live = false;
	/* A cancellation of the destroyed vCPU hits the next vCPU with its id. */
	bool raced = atomic_load(&v->exiting) != 0;
	free(v->exit);
	v->exit = NULL;
	pthread_mutex_unlock(&vm_lock);
	if (raced)
		broken(3, 0, "hv_vcpu_destroy: hv_vcpus_exit for vCPU %llu is under way", (unsigned long long)id);
	return HV_SUCCESS;
}

static hv_return_t cancel(hv_vcpu_t id)
{
	if (id >= MAX_VCPUS || !vcpus[id].lived)
		return HV_BAD_ARGUMENT;
	struct vcpu *v = &vcpus[id];
	if (!v->live)
		return broken(3, HV_BAD_ARGUMENT, "hv_vcpus_exit: vCPU %llu was destroyed", (unsigned long long)id);
	atomic_fetch_add(&v->exiting, 1);
	sched_yield(); /* gives a destroy that does not wait the chance to happen now */
	atomic_store(&v->cancel, true);
	if (atomic_load(&v->inside) && config.engine.kick)
		config.engine.kick(config.handle, id);
	atomic_fetch_sub(&v->exiting, 1);
	return HV_SUCCESS;
}

hv_return_t hv_vcpus_exit(const hv_vcpu_t *ids, u32 count)
{
	if (!vm.exists)
		return HV_NO_DEVICE;
	for (u32 i = 0; i < count; i++) {
		hv_return_t code = cancel(ids[i]);
		if (code)
			return code;
	}
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_reg(hv_vcpu_t id, hv_reg_t reg, u64 *out)
{
	OWNED(v, id);
	if (reg > HV_REG_CPSR)
		return HV_BAD_ARGUMENT;
	*out = v->s.reg[reg];
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_reg(hv_vcpu_t id, hv_reg_t reg, u64 val)
{
	OWNED(v, id);
	if (reg > HV_REG_CPSR)
		return HV_BAD_ARGUMENT;
	v->s.reg[reg] = val;
	v->s.reg_dirty |= 1ULL << reg;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_simd_fp_reg(hv_vcpu_t id, hv_simd_fp_reg_t reg, u8 out[16])
{
	OWNED(v, id);
	u64 half[2] = {0, 0};
	if (reg > HV_SIMD_FP_REG_Q31)
		return HV_BAD_ARGUMENT;
	if ((u64)out % 16)
		return broken(13, HV_BAD_ARGUMENT, "%s: the buffer at %p is not aligned to 16", __func__, (void *)out);
	if (config.engine.get_q)
		config.engine.get_q(config.handle, id, reg, half);
	memcpy(out, half, 16);
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_simd_fp_reg(hv_vcpu_t id, hv_simd_fp_reg_t reg, hv_simd_fp_uchar16_t val)
{
	OWNED(v, id);
	u64 half[2];
	if (reg > HV_SIMD_FP_REG_Q31)
		return HV_BAD_ARGUMENT;
	memcpy(half, &val, 16);
	if (config.engine.set_q)
		config.engine.set_q(config.handle, id, reg, half[0], half[1]);
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_pending_interrupt(hv_vcpu_t id, hv_interrupt_type_t type, bool *out)
{
	OWNED(v, id);
	if (vm.has_gic)
		return HV_UNSUPPORTED;
	if (type > HV_INTERRUPT_TYPE_FIQ)
		return HV_BAD_ARGUMENT;
	*out = v->s.pending >> type & 1;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_pending_interrupt(hv_vcpu_t id, hv_interrupt_type_t type, bool on)
{
	OWNED(v, id);
	if (vm.has_gic)
		return HV_UNSUPPORTED;
	if (type > HV_INTERRUPT_TYPE_FIQ)
		return HV_BAD_ARGUMENT;
	v->s.pending = (v->s.pending & ~(1ULL << type)) | (u64)on << type;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_vtimer_mask(hv_vcpu_t id, bool *out)
{
	OWNED(v, id);
	if (!out)
		return HV_BAD_ARGUMENT;
	*out = v->s.masked;
	return HV_SUCCESS;
}

/* One value that is only stored. */
#define STORED(name, type, lvalue)                                        \
	hv_return_t hv_vcpu_get_##name(hv_vcpu_t id, type *out)           \
	{                                                                 \
		OWNED(v, id);                                             \
		*out = lvalue;                                            \
		return HV_SUCCESS;                                        \
	}                                                                 \
	hv_return_t hv_vcpu_set_##name(hv_vcpu_t id, type value)          \
	{                                                                 \
		OWNED(v, id);                                             \
		lvalue = value;                                           \
		return HV_SUCCESS;                                        \
	}

STORED(trap_debug_exceptions, bool, v->trap_exceptions)
STORED(trap_debug_reg_accesses, bool, v->trap_accesses)
STORED(vtimer_offset, u64, v->s.offset)
STORED(serror, bool, v->serror)

hv_return_t hv_vcpu_set_vtimer_mask(hv_vcpu_t id, bool masked)
{
	OWNED(v, id);
	v->s.masked = masked;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_exec_time(hv_vcpu_t id, u64 *out)
{
	OWNED(v, id);
	*out = v->exec_time;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_wait_for_interrupt_time(hv_vcpu_t id, u64 *out)
{
	OWNED(v, id);
	if (!vm.has_gic)
		return HV_UNSUPPORTED;
	*out = v->s.waited;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_invalidate_tlb(hv_vcpu_t id, hv_tlbi_op_t op, u64 param)
{
	OWNED(v, id);
	(void)op;
	(void)param;
	return HV_SUCCESS;
}
