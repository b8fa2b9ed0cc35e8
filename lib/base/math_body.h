/* Single precision, written once for C and OpenCL C.  The file that includes this provides uint32_t, fmaf,
 * f_bits, f_from (a float's bits and back) and the constants of base/math.h.  lib/tensor's
 * vectors follow these line by line. */

float
math_expf(float x)
{
	float t, k, r, p;
	uint32_t n, h;

	x = x < -104.0f ? -104.0f : x;
	x = x > 89.0f ? 89.0f : x;
	t = fmaf(x, MATH_EXPF_LOG2E, MATH_EXPF_MAGIC);
	n = f_bits(t) - f_bits(MATH_EXPF_MAGIC);
	k = t - MATH_EXPF_MAGIC;
	r = fmaf(k, -MATH_EXPF_LN2_HI, x);
	r = fmaf(k, -MATH_EXPF_LN2_LO, r);
	p = MATH_EXPF_C6;
	p = fmaf(p, r, MATH_EXPF_C5);
	p = fmaf(p, r, MATH_EXPF_C4);
	p = fmaf(p, r, MATH_EXPF_C3);
	p = fmaf(p, r, MATH_EXPF_C2);
	p = fmaf(p, r, 1.0f);
	p = fmaf(p, r, 1.0f);
	/* 2^n in two exact halves, so that denormal results are rounded once */
	h = (n >> 1) | (n & 0x80000000);
	return p * f_from((h + 127) << 23) * f_from((n - h + 127) << 23);
}

float
math_logf(float x)
{
	float f, z, p, e;
	uint32_t u;
	int k = 0;

	if (x != x || x == INFINITY)
		return x;
	if (x <= 0)
		return x == 0 ? -INFINITY : NAN;
	if (x < 1.17549435e-38f) {
		x *= 8388608.0f;
		k = -23;
	}
	u = f_bits(x) + (0x3f800000 - 0x3f3504f3);
	k += (int)(u >> 23) - 127;
	f = f_from((u & 0x007fffff) + 0x3f3504f3) - 1.0f;
	e = (float)k;
	z = f * f;
	p = 7.0376836292e-2f;           /* Cephes logf */
	p = fmaf(p, f, -1.1514610310e-1f);
	p = fmaf(p, f, 1.1676998740e-1f);
	p = fmaf(p, f, -1.2420140846e-1f);
	p = fmaf(p, f, 1.4249322787e-1f);
	p = fmaf(p, f, -1.6668057665e-1f);
	p = fmaf(p, f, 2.0000714765e-1f);
	p = fmaf(p, f, -2.4999993993e-1f);
	p = fmaf(p, f, 3.3333331174e-1f);
	p = p * f * z;
	p = fmaf(e, -2.12194440e-4f, p);
	p = fmaf(z, -0.5f, p);
	return fmaf(e, 0.693359375f, f + p);
}

float
math_sigmoidf(float x)
{
	float e = math_expf(x < 0 ? x : -x);

	return (x < 0 ? e : 1.0f) / (1.0f + e);
}

float
math_tanhf(float x)
{
	float a = x < 0 ? -x : x, z = x * x, p, t;

	if (a < MATH_TANHF_TOP) {
		p = MATH_TANHF_C11;
		p = fmaf(p, z, MATH_TANHF_C9);
		p = fmaf(p, z, MATH_TANHF_C7);
		p = fmaf(p, z, MATH_TANHF_C5);
		p = fmaf(p, z, MATH_TANHF_C3);
		return fmaf(p * z, x, x);
	}
	t = 1.0f - 2.0f / (math_expf(2.0f * a) + 1.0f);
	return x < 0 ? -t : t;
}

float
math_erff(float x)
{
	float a = x < 0 ? -x : x, z = x * x, p, q;

	if (!(a > MATH_ERFF_TOP)) {
		p = MATH_ERFF_A11;
		p = fmaf(p, z, MATH_ERFF_A9);
		p = fmaf(p, z, MATH_ERFF_A7);
		p = fmaf(p, z, MATH_ERFF_A5);
		p = fmaf(p, z, MATH_ERFF_A3);
		p = fmaf(p, z, MATH_ERFF_A1);
		return fmaf(p, x, x);
	}
	/* beyond this it is 1 in float */
	a = a > 5.0f ? 5.0f : a;
	z = a * a;
	p = fmaf(MATH_ERFF_B7, a, MATH_ERFF_B6);
	q = fmaf(MATH_ERFF_B5, a, MATH_ERFF_B4);
	p = fmaf(p, z, q);
	p = fmaf(p, a, MATH_ERFF_B3);
	p = fmaf(p, a, MATH_ERFF_B2);
	p = fmaf(p, a, MATH_ERFF_B1);
	p = fmaf(p, a, -a);
	p = 1.0f - math_expf(p);
	return x < 0 ? -p : p;
}

/* The normal distribution's function; *slope: x times its density */
float
math_normalf(float x, float *slope)
{
	float t = x < -MATH_GELUF_FAR ? -MATH_GELUF_FAR : x;

	t = t > MATH_GELUF_FAR ? MATH_GELUF_FAR : t;
	*slope = t * (MATH_NORMAL * math_expf(t * t * -0.5f));
	return fmaf(0.5f, math_erff(t * MATH_ROOT_HALF), 0.5f);
}

/* (1 + tanh(u)) / 2 is sigmoid(2 u), without a difference of near numbers; *slope: x times the
 * derivative of 2 u */
float
math_geluf_gate(float x, float *slope)
{
	float t = x < -MATH_GELUF_FAR ? -MATH_GELUF_FAR : x, z;

	t = t > MATH_GELUF_FAR ? MATH_GELUF_FAR : t;
	z = t * t;
	*slope = t * fmaf(z, 3.0f * MATH_GELUF_C3, MATH_GELUF_C1);
	return math_sigmoidf(t * fmaf(z, MATH_GELUF_C3, MATH_GELUF_C1));
}
