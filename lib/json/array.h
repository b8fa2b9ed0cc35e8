/* The numbers of an array, exactly as lib/json/number.h reads them one by one. */
#ifndef JSON_ARRAY_H
#define JSON_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* s at the '[' of an array that json_scan_value has stepped over, end after its ']'; v
 * has room for an element every two bytes.  Returns how many were read; *stop is the
 * ']', or the element that is not a number (for i32: not an integer in lo..hi). */
size_t json_array_f32(const char *s, const char *end, float *v, const char **stop);
size_t json_array_i32(const char *s, const char *end, int32_t lo, int32_t hi, int32_t *v,
    const char **stop);

#endif
