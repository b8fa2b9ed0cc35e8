#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

static void
put_file(struct err *e, const char *file)
{
	size_t n = strlen(file);

	/* keep the end of a long path: it names the file */
	if (n >= sizeof(e->file))
		file += n - (sizeof(e->file) - 1);
	memmove(e->file, file, strlen(file) + 1);
}

static enum status
fill(struct err *e, enum status code, const char *fmt, va_list ap)
{
	e->code = code;
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	return code;
}

enum status
err_set(struct err *e, enum status code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, fmt, ap);
	va_end(ap);
	return code;
}

enum status
err_at(struct err *e, enum status code, const char *file, uint64_t line,
    uint64_t byte, const char *fmt, ...)
{
	va_list ap;

	e->file[0] = 0;
	if (file)
		put_file(e, file);
	e->line = line;
	e->byte = byte;
	va_start(ap, fmt);
	fill(e, code, fmt, ap);
	va_end(ap);
	return code;
}

enum status
err_errno(struct err *e, const char *fmt, ...)
{
	int errnum = errno;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	fill(e, ST_IO, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", strerror(errnum));
	return ST_IO;
}

enum status
err_io(struct err *e, const char *file, const char *what)
{
	const char *why = strerror(errno);

	return err_at(e, ST_IO, file, 0, 0, "%s%s%s", what ? what : "", what ? ": " : "", why);
}

enum status
err_nomem(struct err *e)
{
	return err_set(e, ST_NOMEM, "out of memory");
}

void
err_file(struct err *e, const char *file)
{
	if (!e->file[0])
		put_file(e, file);
}

char *
err_text(const struct err *e, char *s, uint64_t n)
{
	size_t k = 0;

	if (!n)
		return s;
	s[0] = 0;
	if (e->file[0])
		k += (size_t)snprintf(s + k, n - k, "%s:", e->file);
	if (e->line && k < n)
		k += (size_t)snprintf(s + k, n - k, "%llu:", (unsigned long long)e->line);
	if (e->byte && k < n)
		k += (size_t)snprintf(s + k, n - k, "%llu:", (unsigned long long)e->byte);
	if (k < n)
		snprintf(s + k, n - k, "%s%s", k ? " " : "", e->msg);
	return s;
}
