/* NEON of AArch64: four lanes, tiles of 6 rows by four vectors. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <stdint.h>

#define W 4
#define ROWS 6
#define COLS 4
#define ISA "neon"
#define KERN kern_neon

typedef float32x4_t vf;
static inline vf vf_load(const float *p) { return vld1q_f32(p); }
static inline void vf_store(float *p, vf x) { vst1q_f32(p, x); }
static inline vf vf_set(float x) { return vdupq_n_f32(x); }
static inline vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
static inline vf vf_max(vf a, vf b) { return vmaxq_f32(a, b); }
static inline vf vf_min(vf a, vf b) { return vminq_f32(a, b); }

static inline vf
vf_bf16(const uint16_t *p)
{
	return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
}

static inline vf
vf_f16(const uint16_t *p)
{
	return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

#include "tensor/cpu/kern_body.h"
#endif
