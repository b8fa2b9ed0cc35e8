/* How every function of lib/ reports failure: a status, and a struct err that
 * says where and why.  lib/ never prints, exits or jumps; only cmd/ does. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>
#include <stdint.h>

enum status {
	ST_OK,
	ST_EOF,         /* a clean end of input: no error */
	ST_INPUT,       /* bad records or files           -> exit 1 */
	ST_USAGE,       /* usage or configuration         -> exit 2 */
	ST_IO,          /* read, write, sync, close       -> exit 3 */
	ST_NOMEM,       /* memory                         -> exit 3 */
	ST_NUMERIC      /* a number that is not finite    -> exit 4 */
};

/* file, line and byte are printed only when set: file[0] != 0, line > 0,
 * byte > 0.  Lines and bytes count from 1. */
struct err {
	enum status code;
	uint64_t line, byte;
	char file[512];
	char msg[512];
};

/* Fill e (place kept as it is) and return code. */
enum status err_set(struct err *e, enum status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a place; file may be NULL. */
enum status err_at(struct err *e, enum status code, const char *file,
    uint64_t line, uint64_t byte, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* ST_IO with ": " and the text of errno after the message. */
enum status err_errno(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ST_IO at file: "file: what: " and the text of errno; what NULL: "file: " and the text.  file is not NULL. */
enum status err_io(struct err *e, const char *file, const char *what);

/* ST_NOMEM with its usual message. */
enum status err_nomem(struct err *e);

/* Put "file: " before the message of an error that has no file yet. */
void err_file(struct err *e, const char *file);

/* Print "file:line:byte: msg" into s; returns s. */
char *err_text(const struct err *e, char *s, uint64_t n);

#endif
