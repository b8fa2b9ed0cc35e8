/* Which requests are let in: the secret in the address, the host that was named, the page that
 * asks, how much it may send. */
#ifndef PAGE_GATE_H
#define PAGE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GATE_TOKEN = 32,        /* hexadecimal digits of the secret */
	GATE_BODY = 8 << 20     /* bytes of a request, at most */
};

struct gate {
	char token[GATE_TOKEN + 1];
	const char *address;    /* that was listened on, without port: "127.0.0.1", "::1", "0.0.0.0" */
	char machine[256];      /* this machine's name, for those who come from elsewhere; "" : none */
};

/* The head of a request; strings NULL where it has none. */
struct gate_head {
	const char *method, *url, *host, *origin, *type, *length;
};

/* 0 lets it in, *path is what follows the token and its slash; else the HTTP status: 404 without
 * the token, 421 for another host, 403 for another origin, 405, 411, 413, 415. */
unsigned gate_check(const struct gate *g, const struct gate_head *h, const char **path);

#endif
