/* Files read whole, mapped, or written so that a crash leaves the old one. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/status.h"

/* Open path for reading if it is a plain file, and do not wait for anything else, such as a pipe.
 * Returns its descriptor and fills *sb, else returns -1 and fills e. */
int file_open_plain(const char *path, struct stat *sb, struct err *e);

/* A file mapped read-only.  Owned: file_unmap. */
struct file_map { const char *p; size_t n; dev_t device; ino_t inode; };
enum status file_map(struct file_map *m, const char *path, struct err *e);
void file_unmap(struct file_map *m);
/* Whether a and b are maps of one file, however it was named. */
bool file_same(const struct file_map *a, const struct file_map *b);
/* The n bytes at p will hardly be read again: give their memory back to the system; a later
 * read gets them from the file.  Does nothing if p is not in the map. */
void file_forget(const struct file_map *m, const void *p, size_t n);

/* Append the whole of the plain file path to b; ST_INPUT when it is longer than max bytes, or is
 * something else, which is not waited for. */
enum status file_read_max(struct buf *b, const char *path, size_t max, struct err *e);
/* The same for a text such as a configuration. */
enum { FILE_TEXT_MAX = 1 << 26 };
enum status file_read(struct buf *b, const char *path, struct err *e);
/* The same for what a user names: it may be a pipe. */
enum status file_read_any(struct buf *b, const char *path, struct err *e);

/* Write a new file beside path, fsync, rename it over path, fsync the folder.  The permissions of
 * an existing file stay; where path is a link, the file that it leads to is replaced. */
enum status file_write(const char *path, const void *p, size_t n, struct err *e);

/* Write all of it, also after short writes and EINTR. */
enum status file_write_all(int fd, const void *p, size_t n, struct err *e);

/* Make the pipe at fd hold a mebibyte, so that its ends wait less for each other.  Where fd is
 * not a pipe, or the user has too many of them, nothing changes. */
void file_widen_pipe(int fd);

/* $TMPDIR, or /tmp. */
const char *file_temp_dir(void);
/* A file without a name in folder dir, which is deleted when it is closed; -1 and errno. */
int file_nameless(const char *dir);

bool file_exists(const char *path);
bool file_is_dir(const char *path);

/* DIR "/" NAME into an owned string; NULL when memory is out. */
char *file_join(const char *dir, const char *name);

/* A standard descriptor that is closed would be the next file that is opened: put something there that cannot be
 * used the way it will be. */
void file_fill_standard(void);

#endif
