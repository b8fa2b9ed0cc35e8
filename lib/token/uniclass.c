#include <utf8proc.h>

#include "token/uniclass.h"

const uint8_t uniclass_ascii[128] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	4, 64, 64, 64, 0, 64, 64, 64, 64, 64, 64, 0, 64, 64, 64, 64,
	130, 130, 130, 130, 130, 130, 130, 130, 130, 130, 64, 64, 0, 0, 0, 64,
	64, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
	9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 64, 64, 64, 0, 64,
	0, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
	17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 64, 0, 64, 0, 0,
};

bool
uniclass_space(uint32_t c)
{
	if (c < 128)
		return uniclass_ascii[c] & UC_SPACE;
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

uint8_t
uniclass_other(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LT:
		return UC_LETTER | UC_UPPER;
	case UTF8PROC_CATEGORY_LL:
		return UC_LETTER | UC_LOWER;
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		return UC_LETTER;
	case UTF8PROC_CATEGORY_ND:
		return UC_NUMBER | UC_DIGIT;
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return UC_NUMBER;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return UC_MARK;
	case UTF8PROC_CATEGORY_PC:
	case UTF8PROC_CATEGORY_PD:
	case UTF8PROC_CATEGORY_PS:
	case UTF8PROC_CATEGORY_PE:
	case UTF8PROC_CATEGORY_PI:
	case UTF8PROC_CATEGORY_PF:
	case UTF8PROC_CATEGORY_PO:
		return UC_PUNCT;
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return UC_SPACE;
	default:
		return c == 0x85 ? UC_SPACE : 0;
	}
}

bool
uniclass_word(uint32_t c)
{
	utf8proc_category_t k;

	if (c < 128)
		return c == '_' || (uniclass_ascii[c] & (UC_LETTER | UC_NUMBER));
	k = utf8proc_category((utf8proc_int32_t)c);
	return (uniclass_other(c) & (UC_LETTER | UC_MARK | UC_DIGIT)) ||
	    k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_PC ||
	    (c >= 0x24b6 && c <= 0x24e9) || c == 0x200c || c == 0x200d;
}

bool
uniclass_punct(uint32_t c)
{
	if (c < 128)
		return (c > 32 && c < 48) || (c > 57 && c < 65) || (c > 90 && c < 97) ||
		    (c > 122 && c < 127);
	return uniclass_other(c) & UC_PUNCT;
}
