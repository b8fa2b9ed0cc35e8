/* Text with a number a token, as brackets, terminal colours or HTML. */
#ifndef SHOW_PAINT_H
#define SHOW_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum paint_style { PAINT_PLAIN, PAINT_COLOR, PAINT_HTML };

struct paint {
	enum paint_style style;
	bool labels;            /* values are -1, 0, 1: marks without numbers */
	bool both;              /* numbers, and marks of labels around them */
	double scale;           /* the value of full colour, > 0 */
};

/* Append text[0..len); token i ends at byte end[i] and has value[i] (n each).  Ends are
 * moved to the end of the character they fall into.  A token without width shows as a
 * sign when its value is not 0.
 *   plain labels: [-deleted-] {+inserted+}; plain numbers: token{0.25}.
 * label (n, or NULL): marks around the numbers, [-token{-0.5}-]. */
void paint_text(const struct paint *p, struct buf *b, const char *text, size_t len, const int32_t *end,
    const float *value, const float *label, size_t n);

/* Text without numbers, fit for the style. */
void paint_escape(const struct paint *p, struct buf *b, const char *text, size_t len);

#endif
