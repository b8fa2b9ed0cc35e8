/* Someone at an editor. */
#ifndef AGENT_EDITOR_H
#define AGENT_EDITOR_H

#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

enum editor_end {
	EDITOR_DONE,    /* text holds what was written */
	EDITOR_SKIP,    /* the text was deleted */
	EDITOR_QUIT     /* a line "#quit" was left, or the editor failed */
};

/* Let the user edit text[0..n) in a temporary file, below lines of help[0..hn), each of
 * which is put behind a '#'; `sh -c "editor FILE"` runs it, on the terminal where there
 * is one.  Lines that begin with '#' above the first other line are taken off, as is
 * white space at the end.  ST_IO when the file or the editor cannot be had. */
enum status editor_run(const char *editor, const char *help, size_t hn, const char *text, size_t n,
    struct buf *out, enum editor_end *end, struct err *e);

#endif
