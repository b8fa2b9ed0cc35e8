/* A small HTTP server for people at browsers: one page and what it asks for.  By GNU
 * libmicrohttpd, which is loaded where a page is wanted. */
#ifndef PAGE_SERVER_H
#define PAGE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

struct page_reply {
	unsigned status;
	const char *type;       /* "application/json" */
	struct buf body;
};

struct page_opt {
	const char *address;    /* "ADDR:PORT", ":PORT", "[V6]:PORT"; NULL or "": 127.0.0.1:8377 */
	const char *token;      /* 32 hexadecimal digits: the secret of the address */
	/* One request at a time, all in one thread; POST of path with body[0..n), 8 MiB at most. */
	void (*post)(void *ctx, const char *path, const char *body, size_t n, struct page_reply *r);
	/* GET of the page itself: its head's scripts and styles name this nonce. */
	void (*get)(void *ctx, const char *nonce, struct page_reply *r);
	/* Asked after each request: is all done? */
	bool (*done)(void *ctx);
	void *ctx;
};

/* Serve until done, or until INT, TERM or HUP, which end it in good order.  listening is told the
 * address for a browser.  ST_USAGE where this build or machine has no server, and for an address
 * that is not one; ST_IO where it is in use. */
enum status page_serve(const struct page_opt *o, void (*listening)(const char *text), struct err *e);

/* n bytes nobody can guess as 2 n hexadecimal digits and a NUL. */
enum status page_secret(char *hex, size_t n, struct err *e);

#endif
