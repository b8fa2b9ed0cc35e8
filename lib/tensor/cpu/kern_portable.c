/* Any machine: four lanes in plain C. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tensor/tensor.h"

#define W 4
#define ROWS 4
#define COLS 2
#define ISA "portable"
#define KERN kern_portable

typedef float vf __attribute__((vector_size(16)));

static inline vf
vf_load(const float *p)
{
	vf x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline void vf_store(float *p, vf x) { memcpy(p, &x, sizeof(x)); }
static inline vf vf_set(float x) { return (vf){ x, x, x, x }; }

static inline vf
vf_fma(vf a, vf b, vf c)
{
	return (vf){ fmaf(a[0], b[0], c[0]), fmaf(a[1], b[1], c[1]), fmaf(a[2], b[2], c[2]),
		fmaf(a[3], b[3], c[3]) };
}

static inline vf
vf_max(vf a, vf b)
{
	return (vf){ a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1], a[2] > b[2] ? a[2] : b[2],
		a[3] > b[3] ? a[3] : b[3] };
}

static inline vf
vf_min(vf a, vf b)
{
	return (vf){ a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1], a[2] < b[2] ? a[2] : b[2],
		a[3] < b[3] ? a[3] : b[3] };
}

static inline vf
vf_half(const uint16_t *p, enum dtype t)
{
	float x[4];

	dtype_to_f32(x, p, 4, t);
	return vf_load(x);
}

static inline vf vf_bf16(const uint16_t *p) { return vf_half(p, DT_BF16); }
static inline vf vf_f16(const uint16_t *p) { return vf_half(p, DT_F16); }

#include "tensor/cpu/kern_body.h"
