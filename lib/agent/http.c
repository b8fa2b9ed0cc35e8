#include <stdlib.h>
#include <string.h>

#include "agent/http.h"
#include "base/arena.h"
#include "json/json.h"
#include "json/write.h"

enum status
http_content(const char *json, size_t n, struct buf *content, struct err *e)
{
	struct arena mem = ARENA_INIT;
	struct json j;
	const char *s = NULL;
	size_t at, len = 0;

	e->code = ST_OK;
	if (!json_parse(&j, json, n, &mem, e)) {
		at = json_type(&j, 0) == JSON_OBJECT ? json_get(&j, 0, "choices") : 0;
		at = at && json_type(&j, at) == JSON_ARRAY ? json_first(&j, at) : 0;
		at = at && json_type(&j, at) == JSON_OBJECT ? json_get(&j, at, "message") : 0;
		at = at && json_type(&j, at) == JSON_OBJECT ? json_get(&j, at, "content") : 0;
		if (at && json_type(&j, at) == JSON_STRING && !(s = json_str(&j, at, &len)))
			err_nomem(e);
		else if (!s)
			err_set(e, ST_INPUT, "no choices[0].message.content in it");
	}
	if (!e->code) {
		buf_add(content, s, len);
		if (!buf_ok(content))
			err_nomem(e);
	}
	arena_free(&mem);
	return e->code;
}

#ifdef HAVE_CURL
#include <math.h>
#include <time.h>

#include "agent/curl.h"

enum { REPLY_MAX = 8 << 20 };

struct http {
	const struct http_opt *o;
	struct curl_lib lib;
	CURL *curl;
	struct curl_slist *headers;
	char *url;
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
	static const char tail[] = "/chat/completions";
	size_t n = strlen(h->o->url);
	bool whole;

	while (n && h->o->url[n - 1] == '/')
		n--;
	whole = n >= sizeof(tail) - 1 && !strncmp(h->o->url + n - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	if (!(h->url = malloc(n + sizeof(tail))))
		return err_nomem(e);
	memcpy(h->url, h->o->url, n);
	strcpy(h->url + n, whole ? "" : tail);
	return ST_OK;
}

enum status
http_open(struct http **out, const struct http_opt *opt, struct err *e)
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
	h->lib.set(h->curl, CURLOPT_TIMEOUT_MS, (long)(opt->timeout * 1000));
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
		return err_set(e, ST_IO, "%.200s: a reply of more than %d bytes", h->url, REPLY_MAX);
	if (!buf_ok(&h->reply))
		return err_nomem(e);
	if (rc != CURLE_OK) {
		*again = rc != CURLE_UNSUPPORTED_PROTOCOL && rc != CURLE_URL_MALFORMAT;
		return err_set(e, ST_IO, "%.200s: %s", h->url, h->lib.error(rc));
	}
	h->lib.get(h->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code != 200) {
		*again = code == 429 || code >= 500;
		return err_set(e, ST_IO, "%.200s: status %ld: %.*s", h->url, code,
		    (int)(h->reply.n < 200 ? h->reply.n : 200), h->reply.p ? h->reply.p : "");
	}
	if (http_content(h->reply.p ? h->reply.p : "", h->reply.n, reply, e)) {
		char why[200];

		strncpy(why, e->msg, sizeof(why) - 1);
		why[sizeof(why) - 1] = 0;
		*again = e->code == ST_INPUT;
		e->line = e->byte = 0;
		return e->code == ST_INPUT ? err_set(e, ST_IO, "%.200s: the reply is no chat completion: %s", h->url, why) : e->code;
	}
	return ST_OK;
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
		wait_for(pause < 60 ? pause : 60);
		delay *= 2;
	}
	return e->code;
}

#else

enum status
http_open(struct http **h, const struct http_opt *opt, struct err *e)
{
	(void)h;
	(void)opt;
	return err_set(e, ST_USAGE, "--url: this program was built without HTTP");
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
