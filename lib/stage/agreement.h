/* Records of several people as lib/stat wants them: how far edits and verdicts agree. */
#ifndef STAGE_AGREEMENT_H
#define STAGE_AGREEMENT_H

#include "stage/stream.h"

/* Every record with an annotator (the field by, "annotator" where NULL): edits of rejected into
 * chosen, whose units are the words of rejected, 1 where the edit deletes or replaces the word, or
 * inserts text before it (at the end: after the last); and verdicts, of one unit, their win.
 * Skipped records count for their annotator alone.  Items are told apart by their ids.  The
 * tables, or one record, are appended to out.  ST_INPUT where there is nothing to compare. */
enum status agreement_read(const struct stream *in, const char *by, uint64_t draws, uint64_t seed, bool json,
    struct buf *out, struct err *e);

#endif
