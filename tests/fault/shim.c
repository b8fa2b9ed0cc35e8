/* A library to be loaded before the others (LD_PRELOAD): calls fail when they are
 * asked to.
 *
 *	FAULT_CALL	alloc, read, write, fsync, close or map: the kind that is counted
 *	FAULT_NTH	that call of its kind fails, the first is 1
 *	FAULT_HOW	once; on: and all after it; short: reads and writes of one byte,
 *			always; again: EINTR before every read and write
 *	FAULT_MARK	a descriptor that gets a byte when a call failed
 *
 * Standard error is left alone: the message has to come out. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static const char *call, *how;
static long nth = -1;
static int mark = -1;
static atomic_long count;
static _Thread_local int odd;

__attribute__((constructor)) static void
start(void)
{
	const char *s;

	how = getenv("FAULT_HOW");
	if (!how)
		how = "once";
	if ((s = getenv("FAULT_MARK")))
		mark = atoi(s);
	nth = (s = getenv("FAULT_NTH")) ? atol(s) : 0;
	call = getenv("FAULT_CALL");
}

static int
fails(const char *kind)
{
	long k;

	if (!call || strcmp(call, kind) || nth <= 0)
		return 0;
	k = atomic_fetch_add(&count, 1) + 1;
	if (k != nth && !(k > nth && !strcmp(how, "on")))
		return 0;
	if (mark >= 0)
		syscall(SYS_write, mark, "x", 1);
	return 1;
}

static void *
none(void)
{
	errno = ENOMEM;
	return NULL;
}

void *
malloc(size_t n)
{
	return fails("alloc") ? none() : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails("alloc") ? none() : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return n && fails("alloc") ? none() : __libc_realloc(p, n);
}

void *
aligned_alloc(size_t a, size_t n)
{
	return fails("alloc") ? none() : __libc_memalign(a, n);
}

int
posix_memalign(void **p, size_t a, size_t n)
{
	void *q = fails("alloc") ? NULL : __libc_memalign(a, n);

	if (q)
		*p = q;
	return q ? 0 : ENOMEM;
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	if (fails("map")) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, off);
}

/* Every other call is interrupted; the length for short calls. */
static int
again(size_t *n)
{
	if (!strcmp(how, "short") && *n)
		*n = 1;
	if (strcmp(how, "again") || (odd = !odd) == 0)
		return 0;
	errno = EINTR;
	return 1;
}

ssize_t
read(int fd, void *p, size_t n)
{
	if (call && !strcmp(call, "read") && again(&n))
		return -1;
	if (fails("read")) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_read, fd, p, n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	if (fd == 2)
		return syscall(SYS_write, fd, p, n);
	if (call && !strcmp(call, "write") && again(&n))
		return -1;
	if (fails("write")) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, p, n);
}

int
fsync(int fd)
{
	if (fails("fsync")) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int
close(int fd)
{
	int bad = fd != 2 && fails("close");

	if (syscall(SYS_close, fd) || bad) {
		errno = EIO;
		return -1;
	}
	return 0;
}
