/* Functions that show what arrives of a call: see dl_test.go. */
#include <stdint.h>
#include <string.h>

typedef uint8_t vec128 __attribute__((vector_size(16)));

/* The four argument registers, each at its own place in the result. */
uint64_t probe_args(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return a + (b << 16) + (c << 32) + (d << 48);
}

/* hv_vcpu_set_simd_fp_reg's shape: the vector comes in a vector register. */
int32_t probe_vector(uint64_t vcpu, uint32_t reg, vec128 v)
{
	uint64_t half[2];
	memcpy(half, &v, 16);
	return vcpu == 7 && reg == 31 && half[0] == 0x0706050403020100 && half[1] == 0x0f0e0d0c0b0a0908 ? 0 : 1;
}

/* An hv_return_t; the upper half of the register is rubbish. */
int32_t probe_code(void) { return (int32_t)0xfae94007; }

/* The shape of hv_vcpu_get_reg. */
int32_t probe_get(uint64_t vcpu, uint32_t reg, uint64_t *out)
{
	*out = vcpu << 32 | reg;
	return 0;
}

/* Keeps registers that the caller must find again busy. */
int32_t probe_nothing(void) { return 0; }
