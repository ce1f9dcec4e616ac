/* The Scalable Matrix Extension's state. */
#include "fake.h"

hv_return_t hv_sme_config_get_max_svl_bytes(size_t *out)
{
	if (!config.sme_supported)
		return HV_UNSUPPORTED;
	*out = MAX_SVL;
	return HV_SUCCESS;
}

#define SME(v, id, state)                                    \
	OWNED(v, id);                                        \
	if (!config.sme_supported)                           \
		return HV_UNSUPPORTED;                       \
	if (!(state))                                        \
		return HV_ILLEGAL_GUEST_STATE

hv_return_t hv_vcpu_get_sme_state(hv_vcpu_t id, hv_vcpu_sme_state_t *out)
{
	SME(v, id, true);
	*out = v->sme;
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_sme_state(hv_vcpu_t id, const hv_vcpu_sme_state_t *in)
{
	SME(v, id, true);
	if (in->streaming_sve_mode_enabled != v->sme.streaming_sve_mode_enabled) {
		memset(v->z, 0, sizeof v->z);
		memset(v->p, 0, sizeof v->p);
	}
	v->sme = *in;
	return HV_SUCCESS;
}

/* A register that is a buffer of a fixed length. */
#define BUFFER(cond, ok, dst, src, want)                             \
	SME(v, id, cond);                                            \
	if (!(ok) || len != (want))                                  \
		return HV_BAD_ARGUMENT;                              \
	memcpy(dst, src, want);                                      \
	return HV_SUCCESS

hv_return_t hv_vcpu_get_sme_z_reg(hv_vcpu_t id, hv_sme_z_reg_t z, u8 *p, size_t len)
{
	BUFFER(v->sme.streaming_sve_mode_enabled, z < 32, p, v->z[z], MAX_SVL);
}

hv_return_t hv_vcpu_set_sme_z_reg(hv_vcpu_t id, hv_sme_z_reg_t z, const u8 *p, size_t len)
{
	BUFFER(v->sme.streaming_sve_mode_enabled, z < 32, v->z[z], p, MAX_SVL);
}

hv_return_t hv_vcpu_get_sme_p_reg(hv_vcpu_t id, hv_sme_p_reg_t p, u8 *b, size_t len)
{
	BUFFER(v->sme.streaming_sve_mode_enabled, p < 16, b, v->p[p], MAX_SVL / 8);
}

hv_return_t hv_vcpu_set_sme_p_reg(hv_vcpu_t id, hv_sme_p_reg_t p, const u8 *b, size_t len)
{
	BUFFER(v->sme.streaming_sve_mode_enabled, p < 16, v->p[p], b, MAX_SVL / 8);
}

hv_return_t hv_vcpu_get_sme_za_reg(hv_vcpu_t id, u8 *p, size_t len)
{
	BUFFER(v->sme.za_storage_enabled, true, p, v->za, MAX_SVL * MAX_SVL);
}

hv_return_t hv_vcpu_set_sme_za_reg(hv_vcpu_t id, const u8 *p, size_t len)
{
	BUFFER(v->sme.za_storage_enabled, true, v->za, p, MAX_SVL * MAX_SVL);
}

hv_return_t hv_vcpu_get_sme_zt0_reg(hv_vcpu_t id, u8 out[64])
{
	SME(v, id, v->sme.za_storage_enabled);
	memcpy(out, v->zt0, 64);
	return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_sme_zt0_reg(hv_vcpu_t id, const u8 in[64])
{
	SME(v, id, v->sme.za_storage_enabled);
	memcpy(v->zt0, in, 64);
	return HV_SUCCESS;
}
