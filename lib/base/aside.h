/* A folder OUT is made aside, as OUT.part, under a lock.  A file in it says that it is
 * ours: a folder of that name without it is somebody else's, and is not touched. */
#ifndef BASE_ASIDE_H
#define BASE_ASIDE_H

#include <stdbool.h>

#include "base/status.h"

/* The file that says so. */
#define ASIDE_MARK ".fg-part"

struct aside {
	char *out, *part;       /* owned paths, without slashes at their ends */
	int lock;               /* OUT.part's descriptor; -1: not held */
};
#define ASIDE_INIT { NULL, NULL, -1 }

/* Set the paths.  ST_USAGE when out is "". */
enum status aside_name(struct aside *a, const char *out, struct err *e);
/* Make OUT.part (with the mode of OUT, if that is a folder), lock it and mark it.  ours:
 * what is there without the mark is known to be ours.  ST_USAGE when another run holds the
 * lock, or when what is there is not a folder of ours; nothing is changed then. */
enum status aside_take(struct aside *a, bool ours, struct err *e);
/* Remove the mark: after this the folder may become OUT. */
enum status aside_unmark(const struct aside *a, struct err *e);
/* OUT.part was renamed or removed: release the lock. */
void aside_moved(struct aside *a);
/* Remove OUT.part if it is held and holds only the mark; free everything. */
void aside_free(struct aside *a);

#endif
