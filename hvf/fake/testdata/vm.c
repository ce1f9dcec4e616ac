/* The virtual machine and its configuration. Rules 1, 3 and 5. */
#include <time.h>

#include "fake.h"

struct vm vm;

static u64 busy_left;

/* ticks is the host's counter at 24 MHz. */
u64 ticks(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 24000000 + (u64)t.tv_nsec * 24 / 1000;
}

VISIBLE u64 mach_absolute_time(void) { return ticks(); }

VISIBLE hv_return_t mach_timebase_info(u32 info[2])
{
	info[0] = 125;
	info[1] = 3;
	return HV_SUCCESS;
}

enum { DEFAULT_IPA_BITS = 36 };

static hv_return_t create(struct object *cfg)
{
	if (config.create_code)
		return (hv_return_t)config.create_code;
	if (vm.exists)
		return HV_BUSY;
	if (busy_left) {
		busy_left--;
		return HV_BUSY;
	}
	if (cfg && cfg->el2 && !config.el2_supported)
		return HV_UNSUPPORTED;
	memset(&vm, 0, sizeof vm);
	vm.ipa_bits = cfg ? cfg->ipa_bits : DEFAULT_IPA_BITS;
	vm.granule = cfg && cfg->granule == HV_IPA_GRANULE_4KB ? 4096 : PAGE;
	vm.el2 = cfg && cfg->el2;
	if (config.engine.vm_create && config.engine.vm_create(config.handle, vm.ipa_bits))
		return HV_ERROR;
	vm.exists = true;
	return HV_SUCCESS;
}

hv_return_t hv_vm_create(hv_vm_config_t cfg)
{
	if (cfg && !object_check((struct object *)cfg, VM_CONFIG, __func__))
		return HV_BAD_ARGUMENT;
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = create((struct object *)cfg);
	pthread_mutex_unlock(&vm_lock);
	return code;
}

static hv_return_t destroy(void)
{
	if (!vm.exists)
		return HV_NO_DEVICE;
	for (int i = 0; i < MAX_VCPUS; i++)
		if (vcpus[i].live)
			return HV_BUSY;
	memory_drop();
	if (config.engine.vm_destroy)
		config.engine.vm_destroy(config.handle);
	vm.exists = false;
	busy_left = config.busy_after_destroy;
	return HV_SUCCESS;
}

hv_return_t hv_vm_destroy(void)
{
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = destroy();
	pthread_mutex_unlock(&vm_lock);
	return code;
}

/* fake_vm_exists says whether a VM was left. */
VISIBLE u64 fake_vm_exists(void) { return vm.exists; }

hv_return_t hv_vm_get_max_vcpu_count(u32 *out)
{
	*out = MAX_VCPUS;
	return HV_SUCCESS;
}

hv_vm_config_t hv_vm_config_create(void)
{
	struct object *o = object_new(VM_CONFIG);
	o->ipa_bits = DEFAULT_IPA_BITS;
	o->granule = HV_IPA_GRANULE_16KB;
	return (hv_vm_config_t)o;
}

#define CONFIG(o, cfg)                                             \
	struct object *o = (struct object *)cfg;                   \
	if (!object_check(o, VM_CONFIG, __func__))                 \
		return HV_BAD_ARGUMENT

hv_return_t hv_vm_config_get_max_ipa_size(u32 *bits)
{
	*bits = (u32)config.max_ipa_bits;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_default_ipa_size(u32 *bits)
{
	*bits = DEFAULT_IPA_BITS;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_set_ipa_size(hv_vm_config_t cfg, u32 bits)
{
	CONFIG(o, cfg);
	if (bits > config.max_ipa_bits)
		return HV_UNSUPPORTED;
	o->ipa_bits = bits ? bits : DEFAULT_IPA_BITS;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_ipa_size(hv_vm_config_t cfg, u32 *bits)
{
	CONFIG(o, cfg);
	*bits = (u32)o->ipa_bits;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_el2_supported(bool *out)
{
	*out = config.el2_supported;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_el2_enabled(hv_vm_config_t cfg, bool *out)
{
	CONFIG(o, cfg);
	*out = o->el2;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_set_el2_enabled(hv_vm_config_t cfg, bool on)
{
	CONFIG(o, cfg);
	o->el2 = on;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_default_ipa_granule(hv_ipa_granule_t *g)
{
	*g = HV_IPA_GRANULE_16KB;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_ipa_granule(hv_vm_config_t cfg, hv_ipa_granule_t *g)
{
	CONFIG(o, cfg);
	*g = (hv_ipa_granule_t)o->granule;
	return HV_SUCCESS;
}

hv_return_t hv_vm_config_set_ipa_granule(hv_vm_config_t cfg, hv_ipa_granule_t g)
{
	CONFIG(o, cfg);
	if (g != HV_IPA_GRANULE_4KB && g != HV_IPA_GRANULE_16KB)
		return HV_BAD_ARGUMENT;
	o->granule = g;
	return HV_SUCCESS;
}
