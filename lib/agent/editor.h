/* Someone at an editor. */
#ifndef AGENT_EDITOR_H
#define AGENT_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

enum editor_end {
	EDITOR_DONE,    /* text holds what was written */
	EDITOR_SKIP,    /* the text was deleted, or #skip was written */
	EDITOR_BACK,    /* #back: to the question before */
	EDITOR_QUIT     /* #quit, or the editor failed */
};

struct editor_said {
	enum editor_end end;
	struct buf text;        /* what stands below the line of scissors */
	struct buf reason;      /* after #skip */
	struct buf note;        /* after #note */
	bool torn;              /* the line of scissors was not there: text is the whole file */
};

/* Let the user edit text[0..n) in a temporary file, below a line of scissors and the lines of
 * help[0..hn), each after a '#'; `sh -c "editor FILE"` runs it, on the terminal where there
 * is one.  What is below the scissors is the text, byte for byte but for the last newline.  The
 * file is removed, also where a signal ends the run.  ST_USAGE when there is no such editor,
 * ST_IO when the file cannot be had.  s's buffers are cleared and filled. */
enum status editor_run(const char *editor, const char *help, size_t hn, const char *text, size_t n,
    struct editor_said *s, struct err *e);

/* The file's text file[0..n) as what was said; for editor_run. */
void editor_read(const char *file, size_t n, struct editor_said *s);

#endif
