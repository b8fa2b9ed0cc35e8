/* Whole folders: removed, copied, synced, replaced. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Call fn for every entry but . and .., in byte order of names; the first status that
 * is not ST_OK ends the walk and is returned. */
enum status folder_walk(const char *dir,
    enum status (*fn)(void *arg, const char *dir, const char *name, struct err *e), void *arg, struct err *e);

/* Whether dir is a folder with nothing in it. */
bool folder_empty(const char *dir);

/* Remove path, folder or not, with all that is in it; absent is fine. Links are removed,
 * not followed. */
enum status folder_remove(const char *path, struct err *e);

/* Files beside a model's weights are far smaller. */
#define FOLDER_COPY_MAX ((uintmax_t)1 << 32)

/* Copy one regular file of at most so many bytes, with its
 * permissions (its owner may write), synced. */
enum status folder_copy_file(const char *from, const char *to, struct err *e);

/* Add to the existing folder `to` every entry of `from` that it lacks: a file becomes a hard link
 * (a copy where that is impossible), a link stays a link, a folder is made with its mode and its
 * entries; synced.  Entries for which skip (or NULL) returns true are left out. */
enum status folder_keep(const char *from, const char *to, bool (*skip)(void *arg, const char *name),
    void *arg, struct err *e);

enum status folder_sync(const char *dir, struct err *e);

/* Exchange two names of one file system in one atomic step (renameat2).  *refused when the
 * file system cannot: then nothing was done, and ST_OK is returned. */
enum status folder_exchange(const char *a, const char *b, bool *refused, struct err *e);

#endif
