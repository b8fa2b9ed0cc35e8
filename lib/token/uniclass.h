/* Character classes as tokenizers use them. */
#ifndef TOKEN_UNICLASS_H
#define TOKEN_UNICLASS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	UC_LETTER = 1,          /* general category L */
	UC_NUMBER = 2,          /* N */
	UC_SPACE = 4,           /* the White_Space property */
	UC_UPPER = 8,           /* Lu, Lt */
	UC_LOWER = 16,          /* Ll */
	UC_MARK = 32,           /* M */
	UC_PUNCT = 64,          /* P */
	UC_DIGIT = 128          /* Nd */
};

extern const uint8_t uniclass_ascii[128];
uint8_t uniclass_other(uint32_t c);     /* c >= 128 */

static inline uint8_t
uniclass(uint32_t c)
{
	return c < 128 ? uniclass_ascii[c] : uniclass_other(c);
}

bool uniclass_space(uint32_t c);        /* White_Space */
bool uniclass_word(uint32_t c);         /* Alphabetic (near enough: L, M, Nl), Nd, Pc, join controls */
bool uniclass_punct(uint32_t c);        /* P, or an ASCII symbol */

#endif
