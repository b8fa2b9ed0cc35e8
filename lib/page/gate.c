#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "page/gate.h"

/* Takes as long whatever is wrong. */
static bool
same_secret(const char *a, const char *b)
{
	unsigned char diff = 0;
	size_t i;

	for (i = 0; i < GATE_TOKEN; i++)
		diff = (unsigned char)(diff | (a[i] ^ b[i]));
	return !diff;
}

/* The host of "host", "host:port" or "[v6]:port", without brackets. */
static bool
host_name(const char *s, char *name, size_t cap)
{
	bool bracket = *s == '[';
	size_t n = bracket ? strcspn(s, "]") : strcspn(s, ":");
	const char *rest = s + n;

	if (bracket) {
		if (*rest != ']')
			return false;
		s++;
		n--;
		rest++;
	}
	if (!n || n >= cap || (*rest && (*rest != ':' || rest[1 + strspn(rest + 1, "0123456789")])))
		return false;
	memcpy(name, s, n);
	name[n] = 0;
	return true;
}

static bool
is_literal(const char *name)
{
	unsigned char a[16];

	return inet_pton(AF_INET, name, a) == 1 || inet_pton(AF_INET6, name, a) == 1;
}

/* A name that another page had resolved to this machine is not one of ours. */
static bool
host_is_ours(const struct gate *g, const char *host)
{
	bool everywhere = !strcmp(g->address, "0.0.0.0") || !strcmp(g->address, "::");
	char name[256];

	if (!host || !host_name(host, name, sizeof(name)))
		return false;
	if (!strcasecmp(name, "localhost") || !strcmp(name, "127.0.0.1") || !strcmp(name, "::1") ||
	    !strcasecmp(name, g->address))
		return true;
	return everywhere && (is_literal(name) || (*g->machine && !strcasecmp(name, g->machine)));
}

/* "http://HOST" or "https://HOST", as a browser writes it. */
static bool
origin_is_host(const char *origin, const char *host)
{
	size_t n = strncmp(origin, "http://", 7) ? strncmp(origin, "https://", 8) ? 0 : 8 : 7;

	return n && !strcasecmp(origin + n, host);
}

static bool
is_json(const char *type)
{
	static const char json[] = "application/json";
	const size_t n = sizeof(json) - 1;

	return type && !strncasecmp(type, json, n) && (!type[n] || type[n] == ';' || type[n] == ' ');
}

unsigned
gate_check(const struct gate *g, const struct gate_head *h, const char **path)
{
	uint64_t length = 0;
	const char *p;

	if (!host_is_ours(g, h->host))
		return 421;
	if (h->url[0] != '/' || strnlen(h->url + 1, GATE_TOKEN) < GATE_TOKEN || !same_secret(h->url + 1, g->token) ||
	    h->url[1 + GATE_TOKEN] != '/')
		return 404;
	*path = h->url + 2 + GATE_TOKEN;
	if (h->origin && !origin_is_host(h->origin, h->host))
		return 403;
	if (!strcmp(h->method, "GET") || !strcmp(h->method, "HEAD"))
		return 0;
	if (strcmp(h->method, "POST"))
		return 405;
	if (!is_json(h->type))
		return 415;
	if (!h->length || !*h->length)
		return 411;
	for (p = h->length; *p >= '0' && *p <= '9' && length <= GATE_BODY; p++)
		length = 10 * length + (uint64_t)(*p - '0');
	return length > GATE_BODY ? 413 : *p ? 411 : 0;
}
