#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "page/gate.h"
#include "page/mhd.h"
#include "page/server.h"

enum status
page_secret(char *hex, size_t n, struct err *e)
{
	unsigned char b;
	size_t i;

	for (i = 0; i < n; i++) {
		if (getrandom(&b, 1, 0) != 1)
			return err_errno(e, "getrandom");
		snprintf(hex + 2 * i, 3, "%02x", b);
	}
	return ST_OK;
}

#ifdef HAVE_MICROHTTPD
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS = 1000,
	IDLE = 30,              /* seconds that a connection may be silent */
	IN_FLIGHT = 64 << 20    /* bytes of all requests that are being read */
};

struct server {
	struct mhd_lib lib;
	const struct page_opt *o;
	struct gate gate;
	char address[256];
	size_t in_flight;
	atomic_bool done;
};

/* What is kept of a request while it is read. */
struct reading { struct buf body; size_t expected; const char *path; };

/* ---- replies ---- */

static enum MHD_Result
send_reply(struct server *s, struct MHD_Connection *c, struct page_reply *r, const char *nonce)
{
	static const char *const always[][2] = {
		{ "Cache-Control", "no-store" }, { "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" }, { "X-Frame-Options", "DENY" },
		{ "Cross-Origin-Resource-Policy", "same-origin" }, { "Cross-Origin-Opener-Policy", "same-origin" }
	};
	struct MHD_Response *m;
	enum MHD_Result rc;
	char policy[512];
	size_t i;

	if (!buf_ok(&r->body)) {
		buf_free(&r->body);
		r->status = 503;
	}
	m = s->lib.response(r->body.n, r->body.p ? r->body.p : (void *)(uintptr_t)"",
	    r->body.p ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
	buf_free(&r->body);
	if (!m)
		return MHD_NO;
	for (i = 0; i < sizeof(always) / sizeof(*always); i++)
		s->lib.header(m, always[i][0], always[i][1]);
	s->lib.header(m, "Content-Type", r->type);
	snprintf(policy, sizeof(policy), "default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; "
	    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", nonce, nonce);
	s->lib.header(m, "Content-Security-Policy", policy);
	rc = s->lib.queue(c, r->status, m);
	s->lib.destroy(m);
	return rc;
}

static enum MHD_Result
refuse(struct server *s, struct MHD_Connection *c, unsigned status)
{
	struct page_reply r = { .status = status, .type = "text/plain; charset=utf-8" };

	buf_adds(&r.body, status == 404 ? "not found: the address has to be whole, with what follows the port\n" :
	    status == 413 ? "too large\n" : status == 503 ? "too much at once\n" : "refused\n");
	return send_reply(s, c, &r, "none");
}

static enum MHD_Result
get(struct server *s, struct MHD_Connection *c, const char *path)
{
	struct page_reply r = { .status = 200, .type = "text/html; charset=utf-8" };
	struct err e = {0};
	char nonce[33];

	if (*path)
		return refuse(s, c, 404);
	if (page_secret(nonce, 16, &e))
		return refuse(s, c, 503);
	s->o->get(s->o->ctx, nonce, &r);
	return send_reply(s, c, &r, nonce);
}

/* ---- requests ---- */

static enum MHD_Result
handle(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *data, size_t *n, void **state)
{
	struct server *s = ctx;
	struct reading *k = *state;
	struct page_reply r = { .status = 200, .type = "application/json" };
	const struct gate_head h = { method, url, s->lib.lookup(c, MHD_HEADER_KIND, "Host"),
		s->lib.lookup(c, MHD_HEADER_KIND, "Origin"), s->lib.lookup(c, MHD_HEADER_KIND, "Content-Type"),
		s->lib.lookup(c, MHD_HEADER_KIND, "Content-Length") };
	const char *path = "";
	unsigned bad;

	(void)version;
	if (!k) {
		if ((bad = gate_check(&s->gate, &h, &path)))
			return refuse(s, c, bad);
		if (strcmp(method, "POST"))
			return get(s, c, path);
		if (!(k = calloc(1, sizeof(*k))))
			return MHD_NO;
		k->expected = strtoull(h.length, NULL, 10);
		*state = k;
		if (k->expected > IN_FLIGHT - s->in_flight) {
			k->expected = 0;
			return refuse(s, c, 503);
		}
		s->in_flight += k->expected;
		return MHD_YES;
	}
	if (*n) {
		if (*n > k->expected - k->body.n)
			return MHD_NO;
		buf_add(&k->body, data, *n);
		*n = 0;
		return MHD_YES;
	}
	if (gate_check(&s->gate, &h, &path))
		return MHD_NO;
	if (!buf_ok(&k->body))
		return refuse(s, c, 503);
	s->o->post(s->o->ctx, path, k->body.p ? k->body.p : "", k->body.n, &r);
	if (s->o->done(s->o->ctx))
		atomic_store(&s->done, true);
	return send_reply(s, c, &r, "none");
}

static void
completed(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct server *s = ctx;
	struct reading *k = *state;

	(void)c;
	(void)why;
	if (!k)
		return;
	s->in_flight -= k->expected;
	buf_free(&k->body);
	free(k);
	*state = NULL;
}

/* ---- the socket ---- */

/* "ADDR:PORT" as two strings. */
static enum status
split(struct server *s, char port[8], struct err *e)
{
	const char *text = s->o->address && *s->o->address ? s->o->address : "127.0.0.1:8377", *p = strrchr(text, ':');
	size_t n = p ? (size_t)(p - text) : 0;

	if (!p || !p[1] || strlen(p + 1) > 5 || p[1 + strspn(p + 1, "0123456789")] || strtoul(p + 1, NULL, 10) > 65535 ||
	    n >= sizeof(s->address))
		return err_set(e, ST_USAGE, "--page: expected ADDR:PORT, got '%.100s'", text);
	if (n > 1 && *text == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	memcpy(s->address, n ? text : "127.0.0.1", n ? n : sizeof("127.0.0.1"));
	if (n)
		s->address[n] = 0;
	snprintf(port, 8, "%s", p + 1);
	return ST_OK;
}

static enum status
open_socket(struct server *s, const char *port, int *fd, unsigned *got, struct err *e)
{
	const struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	struct addrinfo *a;
	const int on = 1;
	int rc;

	if ((rc = getaddrinfo(s->address, port, &hint, &a)))
		return err_set(e, ST_USAGE, "--page: %.200s: %s", s->address, gai_strerror(rc));
	*fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(*fd, a->ai_addr, a->ai_addrlen) || listen(*fd, 128) || getsockname(*fd, (struct sockaddr *)&at, &len)) {
		err_errno(e, "--page: %.200s:%s", s->address, port);
		freeaddrinfo(a);
		if (*fd >= 0)
			close(*fd);
		return e->code;
	}
	freeaddrinfo(a);
	*got = at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port) :
	    ntohs(((struct sockaddr_in *)&at)->sin_port);
	return ST_OK;
}

/* Wait for the end: a signal, or that all is done and the last reply is out. */
static void
wait_for_end(struct server *s, const sigset_t *held)
{
	const struct timespec nap = { 0, 200000000 };
	int sig;

	for (;;) {
		sig = sigtimedwait(held, NULL, &nap);
		if (sig > 0)
			return;
		if (atomic_load(&s->done)) {
			nanosleep(&nap, NULL);
			return;
		}
	}
}

static void
tell_address(struct server *s, unsigned port, void (*listening)(const char *text))
{
	bool v6 = strchr(s->address, ':'), all = !strcmp(s->address, "0.0.0.0") || !strcmp(s->address, "::");
	char text[512];

	if (all)
		snprintf(text, sizeof(text), "http://%s:%u/%s/", *s->gate.machine ? s->gate.machine : "localhost", port,
		    s->gate.token);
	else
		snprintf(text, sizeof(text), v6 ? "http://[%s]:%u/%s/" : "http://%s:%u/%s/", s->address, port, s->gate.token);
	listening(text);
}

static enum status
serve(struct server *s, int fd, unsigned port, void (*listening)(const char *text), struct err *e)
{
	struct MHD_Daemon *d;
	sigset_t held, before;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	d = s->lib.start(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, s, MHD_OPTION_END);
	if (d) {
		tell_address(s, port, listening);
		wait_for_end(s, &held);
		s->lib.stop(d);
	} else {
		err_set(e, ST_IO, "--page: the server does not start");
		close(fd);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e->code;
}

enum status
page_serve(const struct page_opt *o, void (*listening)(const char *text), struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	unsigned port = 0;
	char name[8];
	int fd = -1;

	if (!s)
		return err_nomem(e);
	e->code = ST_OK;
	s->o = o;
	s->gate.address = s->address;
	snprintf(s->gate.token, sizeof(s->gate.token), "%s", o->token);
	if (gethostname(s->gate.machine, sizeof(s->gate.machine) - 1))
		s->gate.machine[0] = 0;
	if (!mhd_lib_load(&s->lib, e) && !split(s, name, e) && !open_socket(s, name, &fd, &port, e))
		serve(s, fd, port, listening, e);
	free(s);
	return e->code;
}

#else

enum status
page_serve(const struct page_opt *o, void (*listening)(const char *text), struct err *e)
{
	(void)o;
	(void)listening;
	return err_set(e, ST_USAGE, "--page: this program was built without libmicrohttpd");
}

#endif
