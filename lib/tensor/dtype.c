#include <string.h>

#include "tensor/tensor_int.h"

static uint32_t
bits_of(float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

static float
of_bits(uint32_t u)
{
	float x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

static uint16_t
to_bf16(float x)
{
	uint32_t u = bits_of(x);

	if ((u & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(u >> 16 | 0x40);      /* a NaN stays one */
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static uint16_t
to_f16(float x)
{
	uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, shift, m, r;

	u &= 0x7fffffff;
	if (u > 0x7f800000)
		return (uint16_t)(sign | 0x7e00);
	if (u >= 0x477ff000)            /* rounds to 2^16 or more */
		return (uint16_t)(sign | 0x7c00);
	if (u >= 0x38800000) {          /* normal there */
		u -= 0x38000000;
		return (uint16_t)(sign | (u + 0xfff + (u >> 13 & 1)) >> 13);
	}
	if (u < 0x33000000)             /* below half of the least denormal */
		return (uint16_t)sign;
	shift = 126 - (u >> 23);
	m = (u & 0x7fffff) | 0x800000;
	r = m >> shift;
	m &= (1u << shift) - 1;
	if (m > 1u << (shift - 1) || (m == 1u << (shift - 1) && r & 1))
		r++;
	return (uint16_t)(sign | r);
}

static float
from_f16(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = h >> 10 & 31, m = h & 0x3ff;

	if (e == 31)
		return of_bits(sign | 0x7f800000 | m << 13);
	if (e)
		return of_bits(sign | (e + 112) << 23 | m << 13);
	/* m 2^-24, exactly */
	return of_bits(sign | bits_of((float)m * 5.9604644775390625e-8f));
}

size_t
dtype_size(enum dtype t)
{
	return t == DT_F32 ? 4 : 2;
}

float
dtype_get(const void *p, size_t i, enum dtype t)
{
	switch (t) {
	case DT_BF16:
		return of_bits((uint32_t)((const uint16_t *)p)[i] << 16);
	case DT_F16:
		return from_f16(((const uint16_t *)p)[i]);
	case DT_F32:
		break;
	}
	return ((const float *)p)[i];
}

void
dtype_from_f32(void *to, const float *from, size_t n, enum dtype t)
{
	uint16_t *h = to;
	size_t i;

	switch (t) {
	case DT_F32:
		memmove(to, from, n * sizeof(*from));
		break;
	case DT_BF16:
		for (i = 0; i < n; i++)
			h[i] = to_bf16(from[i]);
		break;
	case DT_F16:
		for (i = 0; i < n; i++)
			h[i] = to_f16(from[i]);
		break;
	}
}

void
dtype_to_f32(float *to, const void *from, size_t n, enum dtype t)
{
	const uint16_t *h = from;
	size_t i;

	switch (t) {
	case DT_F32:
		memmove(to, from, n * sizeof(*to));
		break;
	case DT_BF16:
		for (i = 0; i < n; i++)
			to[i] = of_bits((uint32_t)h[i] << 16);
		break;
	case DT_F16:
		for (i = 0; i < n; i++)
			to[i] = from_f16(h[i]);
		break;
	}
}
