/* The blocks of GGUF's tensors (ggml-common.h of llama.cpp): a scale for a few numbers of few bits. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "model/gguf_int.h"

enum { HALF = 16, BLOCK = 32, SUPER = 256 };

static float
half_at(const unsigned char *p, enum dtype type)
{
	uint16_t h;
	float v;

	memcpy(&h, p, sizeof(h));
	dtype_to_f32(&v, &h, 1, type);
	return v;
}

static float
f16_at(const unsigned char *p)
{
	return half_at(p, DT_F16);
}

static void
get_f32(float *to, const unsigned char *p)
{
	memcpy(to, p, sizeof(*to));
}

static void
get_f16(float *to, const unsigned char *p)
{
	*to = f16_at(p);
}

static void
get_bf16(float *to, const unsigned char *p)
{
	*to = half_at(p, DT_BF16);
}

static void
get_q8_0(float *to, const unsigned char *p)
{
	float d = f16_at(p);

	for (int i = 0; i < BLOCK; i++)
		to[i] = (float)(signed char)p[2 + i] * d;
}

/* Low halves of 16 bytes, then high ones; bit i of high is the fifth bit of number i. */
static int
bits5(const unsigned char *q, uint32_t high, int i)
{
	int low = i < HALF ? q[i] & 15 : q[i - HALF] >> 4;

	return low | (int)(high >> i & 1) << 4;
}

static void
get_q4_0(float *to, const unsigned char *p)
{
	float d = f16_at(p);

	for (int i = 0; i < BLOCK; i++)
		to[i] = d * (float)(bits5(p + 2, 0, i) - 8);
}

static void
get_q4_1(float *to, const unsigned char *p)
{
	float d = f16_at(p), m = f16_at(p + 2);

	for (int i = 0; i < BLOCK; i++)
		to[i] = d * (float)bits5(p + 4, 0, i) + m;
}

static void
get_q5_0(float *to, const unsigned char *p)
{
	float d = f16_at(p);
	uint32_t high;

	memcpy(&high, p + 2, sizeof(high));
	for (int i = 0; i < BLOCK; i++)
		to[i] = d * (float)(bits5(p + 6, high, i) - 16);
}

static void
get_q5_1(float *to, const unsigned char *p)
{
	float d = f16_at(p), m = f16_at(p + 2);
	uint32_t high;

	memcpy(&high, p + 4, sizeof(high));
	for (int i = 0; i < BLOCK; i++)
		to[i] = d * (float)bits5(p + 8, high, i) + m;
}

/* Six-bit scale and least value of part i of eight, in twelve bytes. */
static void
get_scale(const unsigned char *s, int i, unsigned *scale, unsigned *least)
{
	if (i < 4) {
		*scale = s[i] & 63;
		*least = s[i + 4] & 63;
	} else {
		*scale = (s[i + 4] & 15u) | (s[i - 4] >> 6 & 3u) << 4;
		*least = (s[i + 4] >> 4 & 15u) | (s[i] >> 6 & 3u) << 4;
	}
}

/* high: 32 bytes of fifth bits, bit i of each for part i; NULL if the numbers have four bits */
static void
get_parts(float *to, const unsigned char *p, const unsigned char *high, const unsigned char *q)
{
	float d = f16_at(p), m = f16_at(p + 2), dp, mp;
	unsigned scale, least, v;

	for (int i = 0; i < 8; i++) {
		get_scale(p + 4, i, &scale, &least);
		dp = d * (float)scale;
		mp = m * (float)least;
		for (int k = 0; k < BLOCK; k++) {
			v = q[i / 2 * BLOCK + k] >> i % 2 * 4 & 15u;
			if (high)
				v |= (high[k] >> i & 1u) << 4;
			to[i * BLOCK + k] = dp * (float)v - mp;
		}
	}
}

static void
get_q4_k(float *to, const unsigned char *p)
{
	get_parts(to, p, NULL, p + 16);
}

static void
get_q5_k(float *to, const unsigned char *p)
{
	get_parts(to, p, p + 16, p + 48);
}

/* Two halves of 128: four runs of 32, whose low four bits are in 64 bytes and high two in 32. */
static void
get_q6_k(float *to, const unsigned char *p)
{
	const unsigned char *low = p, *high = p + 128, *scale = p + 192;
	float d = f16_at(p + 208);

	for (int i = 0; i < SUPER; i++) {
		int half = i / 128, run = i % 128 / 32, k = i % 32;
		unsigned a = (unsigned)low[half * 64 + run % 2 * 32 + k] >> run / 2 * 4 & 15u;
		unsigned b = high[half * 32 + k] >> run * 2 & 3u;

		to[i] = d * (float)(signed char)scale[i / 16] * (float)((int)(a | b << 4) - 32);
	}
}

const struct gguf_block *
gguf_block(uint32_t type)
{
	static const struct gguf_block block[] = {
		[GGUF_TYPE_F32] = { "F32", 1, 4, get_f32 }, [GGUF_TYPE_F16] = { "F16", 1, 2, get_f16 },
		[GGUF_TYPE_Q4_0] = { "Q4_0", BLOCK, 18, get_q4_0 }, [GGUF_TYPE_Q4_1] = { "Q4_1", BLOCK, 20, get_q4_1 },
		[GGUF_TYPE_Q5_0] = { "Q5_0", BLOCK, 22, get_q5_0 }, [GGUF_TYPE_Q5_1] = { "Q5_1", BLOCK, 24, get_q5_1 },
		[GGUF_TYPE_Q8_0] = { "Q8_0", BLOCK, 34, get_q8_0 }, [GGUF_TYPE_Q4_K] = { "Q4_K", SUPER, 144, get_q4_k },
		[GGUF_TYPE_Q5_K] = { "Q5_K", SUPER, 176, get_q5_k }, [GGUF_TYPE_Q6_K] = { "Q6_K", SUPER, 210, get_q6_k },
		[GGUF_TYPE_BF16] = { "BF16", 1, 2, get_bf16 }
	};

	return type < sizeof(block) / sizeof(*block) && block[type].len ? &block[type] : NULL;
}

void
gguf_get(float *to, const char *from, size_t n, const struct gguf_block *b)
{
	for (size_t i = 0; i < n; i += b->len, from += b->bytes)
		b->get(to + i, (const unsigned char *)from);
}

void
gguf_put_q8_0(char *to, const float *from, size_t n)
{
	for (size_t i = 0; i < n; i += BLOCK, from += BLOCK, to += 34) {
		float most = 0, d, inv, v;
		uint16_t h;

		for (int k = 0; k < BLOCK; k++)
			most = fabsf(from[k]) > most ? fabsf(from[k]) : most;
		d = most / 127;
		inv = d > FLT_MIN ? 1 / d : 0;
		dtype_from_f32(&h, &d, 1, DT_F16);
		memcpy(to, &h, sizeof(h));
		for (int k = 0; k < BLOCK; k++) {
			v = roundf(from[k] * inv);
			to[2 + k] = (char)(signed char)(v > 127 ? 127 : v < -127 ? -127 : v);
		}
	}
}
