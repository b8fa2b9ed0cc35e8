#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/http.h"
#include "base/arena.h"
#include "base/quote.h"
#include "json/json.h"
#include "json/write.h"

/* A string, or an array of parts, of which those with a text are joined. */
static bool
put_content(const struct json *j, size_t at, struct buf *to)
{
	size_t k, text, n;
	const char *s;
	bool some = false;

	if (!at)
		return false;
	if (json_type(j, at) == JSON_STRING) {
		if ((s = json_str(j, at, &n)))
			buf_add(to, s, n);
		return s;
	}
	if (json_type(j, at) != JSON_ARRAY)
		return false;
	for (k = json_first(j, at); k; k = json_next(j, at, k)) {
		text = json_type(j, k) == JSON_OBJECT ? json_get(j, k, "text") : 0;
		if (text && json_type(j, text) == JSON_STRING && (s = json_str(j, text, &n))) {
			buf_add(to, s, n);
			some = true;
		}
	}
	return some;
}

/* The member key of the object at `at`, of this type; 0 where one of them is not there. */
static size_t
member(const struct json *j, size_t at, const char *key, enum json_type type, bool root)
{
	size_t k = (at || root) && json_type(j, at) == JSON_OBJECT ? json_get(j, at, key) : 0;

	return k && json_type(j, k) == type ? k : 0;
}

enum status
http_content(const char *json, size_t n, struct buf *content, struct err *e)
{
	struct arena mem = ARENA_INIT;
	struct json j;
	size_t before = content->n, list, first, at, why, len;
	const char *s;

	if (json_parse(&j, json, n, &mem, e)) {
		if (e->code == ST_INPUT)
			e->code = ST_IO;
		arena_free(&mem);
		return e->code;
	}
	e->code = ST_OK;
	list = member(&j, 0, "choices", JSON_ARRAY, true);
	first = list ? json_first(&j, list) : 0;
	at = first ? member(&j, first, "message", JSON_OBJECT, false) : 0;
	why = at ? member(&j, at, "refusal", JSON_STRING, false) : 0;
	if (!list || (first && !at))
		err_set(e, ST_IO, "no choices[0].message in it");
	else if (why && (s = json_str(&j, why, &len)) && len)
		err_set(e, ST_INPUT, "the endpoint refused: %.*s", (int)(len < 200 ? len : 200), s);
	else if (!first || !put_content(&j, json_get(&j, at, "content"), content))
		err_set(e, ST_INPUT, "the endpoint answered without a text");
	if (!e->code && !buf_ok(content))
		err_nomem(e);
	if (e->code)
		content->n = before;
	arena_free(&mem);
	return e->code;
}

/* Where the authority of an address begins, and ends. */
static const char *
authority(const char *url, const char **end)
{
	const char *s = strstr(url, "://");

	s = s ? s + 3 : url;
	*end = s + strcspn(s, "/?#");
	return s;
}

char *
http_shown(const char *url)
{
	const char *end, *s = authority(url, &end), *at = memrchr(s, '@', (size_t)(end - s));
	size_t n = (size_t)(s - url), tail = strcspn(at ? at + 1 : s, "?#");
	char *p = malloc(n + tail + 1);

	if (!p)
		return NULL;
	memcpy(p, url, n);
	memcpy(p + n, at ? at + 1 : s, tail);
	p[n + tail] = 0;
	return p;
}

char *
http_address(const char *url)
{
	static const char path[] = "/chat/completions";
	size_t n = strcspn(url, "?#"), k = n, tail = strcspn(url + n, "#"), m = sizeof(path) - 1;
	char *p;

	while (k && url[k - 1] == '/')
		k--;
	if (k >= m && !strncmp(url + k - m, path, m))
		m = 0;
	if (!(p = malloc(k + m + tail + 1)))
		return NULL;
	memcpy(p, url, k);
	memcpy(p + k, path, m);
	memcpy(p + k + m, url + n, tail);
	p[k + m + tail] = 0;
	return p;
}

#ifdef HAVE_CURL
#include <math.h>
#include <pthread.h>
#include <strings.h>
#include <time.h>

#include "agent/curl.h"

enum {
	REPLY_MAX = 8 << 20,
	WAIT_MAX = 600          /* seconds that an endpoint may ask to be left alone */
};

struct http_news { pthread_mutex_t lock; bool said; };


struct http {
	const struct agent_opt *o;
	struct http_news *news;         /* borrowed; NULL: tells nobody */
	struct curl_lib lib;
	CURL *curl;
	struct curl_slist *headers;
	char *url, *shown;
	char secret[256];       /* the address's user and password */
	struct buf body, reply;
	bool large;             /* the reply was too large */
	double after;           /* Retry-After, seconds; -1: none */
};

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	(void)size;
	if (n > REPLY_MAX - h->reply.n) {
		h->large = true;
		return 0;
	}
	buf_add(&h->reply, p, n);
	return buf_ok(&h->reply) ? n : 0;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	static const char name[] = "retry-after:";
	struct http *h = arg;
	char text[64], *end;
	size_t k = sizeof(name) - 1, m;
	time_t date;

	(void)size;
	if (n > k && !strncasecmp(p, name, k)) {
		m = n - k < sizeof(text) - 1 ? n - k : sizeof(text) - 1;
		memcpy(text, p + k, m);
		text[m] = 0;
		h->after = strtod(text, &end);
		/* or a date */
		if (end == text) {
			date = h->lib.date(text, NULL);
			h->after = date < 0 ? -1 : difftime(date, time(NULL));
			if (date >= 0 && h->after < 0)
				h->after = 0;
		}
		if (!(h->after >= 0))
			h->after = -1;
	}
	return n;
}

static enum status
set_headers(struct http *h, struct err *e)
{
	struct buf b = BUF_INIT;
	struct curl_slist *more;

	if (!(h->headers = h->lib.append(NULL, "Content-Type: application/json")))
		return err_nomem(e);
	if (!h->o->key)
		return ST_OK;
	buf_adds(&b, "Authorization: Bearer ");
	buf_adds(&b, h->o->key);
	buf_addc(&b, 0);
	more = buf_ok(&b) ? h->lib.append(h->headers, b.p) : NULL;
	buf_free(&b);
	if (!more)
		return err_nomem(e);
	h->headers = more;
	return ST_OK;
}

static enum status
set_url(struct http *h, struct err *e)
{
	const char *end, *s = authority(h->o->arg, &end), *at = memrchr(s, '@', (size_t)(end - s));

	if (at && (size_t)(at - s) < sizeof(h->secret))
		memcpy(h->secret, s, (size_t)(at - s));
	h->url = http_address(h->o->arg);
	h->shown = h->url ? http_shown(h->url) : NULL;
	return h->shown ? ST_OK : err_nomem(e);
}

enum status
http_news_new(struct http_news **n, struct err *e)
{
	if (!(*n = calloc(1, sizeof(**n))))
		return err_nomem(e);
	pthread_mutex_init(&(*n)->lock, NULL);
	return ST_OK;
}

void
http_news_free(struct http_news *n)
{
	if (!n)
		return;
	pthread_mutex_destroy(&n->lock);
	free(n);
}

void
http_share(struct http *h, struct http_news *n)
{
	h->news = n;
}

enum status
http_open(struct http **out, const struct agent_opt *opt, struct err *e)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return err_nomem(e);
	h->o = opt;
	if (!curl_lib_load(&h->lib, e) && !(h->curl = h->lib.init()))
		err_nomem(e);
	if (!h->curl || set_url(h, e) || set_headers(h, e)) {
		http_close(h);
		return e->code;
	}
	h->lib.set(h->curl, CURLOPT_URL, h->url);
	h->lib.set(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	h->lib.set(h->curl, CURLOPT_HTTPHEADER, h->headers);
	h->lib.set(h->curl, CURLOPT_NOSIGNAL, 1L);
	h->lib.set(h->curl, CURLOPT_TIMEOUT_MS, (long)((opt->timeout > 0 ? opt->timeout : 60) * 1000));
	h->lib.set(h->curl, CURLOPT_WRITEFUNCTION, on_data);
	h->lib.set(h->curl, CURLOPT_WRITEDATA, h);
	h->lib.set(h->curl, CURLOPT_HEADERFUNCTION, on_header);
	h->lib.set(h->curl, CURLOPT_HEADERDATA, h);
	*out = h;
	return ST_OK;
}

void
http_close(struct http *h)
{
	if (!h)
		return;
	if (h->curl)
		h->lib.cleanup(h->curl);
	if (h->headers)
		h->lib.free_list(h->headers);
	free(h->url);
	free(h->shown);
	buf_free(&h->body);
	buf_free(&h->reply);
	free(h);
}

static void
put_message(struct buf *b, const char *role, const char *text, size_t n)
{
	buf_addf(b, "{\"role\":\"%s\",\"content\":", role);
	json_put_str(b, text, n);
	buf_addc(b, '}');
}

static enum status
make_body(struct http *h, const char *text, size_t n, struct err *e)
{
	struct buf *b = &h->body;

	buf_clear(b);
	buf_adds(b, "{\"model\":");
	json_put_str(b, h->o->model, strlen(h->o->model));
	buf_adds(b, ",\"temperature\":");
	json_put_f64(b, h->o->temperature, e);
	buf_adds(b, ",\"messages\":[");
	if (h->o->system) {
		put_message(b, "system", h->o->system, strlen(h->o->system));
		buf_addc(b, ',');
	}
	put_message(b, "user", text, n);
	buf_adds(b, "]}");
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

static void
wait_for(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - floor(seconds)) * 1e9) };

	nanosleep(&t, NULL);
}

/* A reply as a message may show it: the key and the password struck out. */
static enum status
refused(struct http *h, long code, struct err *e)
{
	char text[200];

	if (h->reply.p && h->o->key)
		quote_strike(h->reply.p, h->reply.n, h->o->key, strlen(h->o->key));
	if (h->reply.p)
		quote_strike(h->reply.p, h->reply.n, h->secret, strlen(h->secret));
	return err_set(e, ST_IO, "%.200s: status %ld: %s", h->shown, code,
	    quote_into(text, sizeof(text), h->reply.p ? h->reply.p : "", h->reply.n));
}

/* One request.  *again: trying once more may help. */
static enum status
request(struct http *h, struct buf *reply, bool *again, struct err *e)
{
	long code = 0;
	CURLcode rc;

	buf_clear(&h->reply);
	h->after = -1;
	h->large = false;
	h->lib.set(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->body.n);
	h->lib.set(h->curl, CURLOPT_POSTFIELDS, h->body.p);
	rc = h->lib.perform(h->curl);
	*again = false;
	if (h->large)
		return err_set(e, ST_IO, "%.200s: a reply of more than %d bytes", h->shown, REPLY_MAX);
	if (!buf_ok(&h->reply))
		return err_nomem(e);
	if (rc != CURLE_OK) {
		*again = rc != CURLE_UNSUPPORTED_PROTOCOL && rc != CURLE_URL_MALFORMAT;
		return err_set(e, ST_IO, "%.200s: %s", h->shown, h->lib.error(rc));
	}
	h->lib.get(h->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code != 200) {
		*again = code == 429 || code >= 500;
		return refused(h, code, e);
	}
	if (http_content(h->reply.p ? h->reply.p : "", h->reply.n, reply, e) == ST_IO) {
		char why[200];

		quote_into(why, sizeof(why), e->msg, strlen(e->msg));
		*again = true;
		e->line = e->byte = 0;
		return err_set(e, ST_IO, "%.200s: the reply is not a chat completion: %s", h->shown, why);
	}
	return e->code;
}

/* The first failure of all is told at once: someone may be waiting for nothing. */
static void
tell(struct http *h, const struct err *e, double pause)
{
	char text[sizeof(e->msg) + 64];
	bool first;

	if (!h->news || !h->o->say)
		return;
	pthread_mutex_lock(&h->news->lock);
	first = !h->news->said;
	h->news->said = true;
	pthread_mutex_unlock(&h->news->lock);
	if (!first)
		return;
	snprintf(text, sizeof(text), "%s; asking again in %.3g seconds", e->msg, pause);
	h->o->say(text);
}

enum status
http_chat(struct http *h, const char *text, size_t n, struct buf *reply, struct err *e)
{
	double delay = h->o->delay, pause;
	bool again = true;
	uint64_t try;

	e->code = ST_OK;
	if (make_body(h, text, n, e))
		return e->code;
	for (try = 0; again; try++) {
		*e = (struct err){0};
		if (!request(h, reply, &again, e))
			return ST_OK;
		if (!again || try == h->o->retries)
			break;
		pause = h->after >= 0 ? h->after : delay;
		if (h->after > WAIT_MAX) {
			char why[300];

			snprintf(why, sizeof(why), "%.299s", e->msg);
			return err_set(e, ST_IO, "it asks to be left alone for %.0f seconds: %s", h->after, why);
		}
		tell(h, e, pause);
		wait_for(pause < WAIT_MAX ? pause : WAIT_MAX);
		delay *= 2;
	}
	return e->code;
}

#else

enum status
http_open(struct http **h, const struct agent_opt *opt, struct err *e)
{
	(void)h;
	(void)opt;
	return err_set(e, ST_USAGE, "--url: this program was built without HTTP");
}

enum status
http_news_new(struct http_news **n, struct err *e)
{
	(void)e;
	*n = NULL;
	return ST_OK;
}

void
http_news_free(struct http_news *n)
{
	(void)n;
}

void
http_share(struct http *h, struct http_news *n)
{
	(void)h;
	(void)n;
}

void
http_close(struct http *h)
{
	(void)h;
}

enum status
http_chat(struct http *h, const char *text, size_t n, struct buf *reply, struct err *e)
{
	(void)h;
	(void)text;
	(void)n;
	(void)reply;
	return err_set(e, ST_USAGE, "--url: this program was built without HTTP");
}

#endif
