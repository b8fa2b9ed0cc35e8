/* Requests to the page: the first line is "METHOD URL HOST ORIGIN TYPE LENGTH" ("-" for one that is
 * not there), the rest the body.  What the gate lets in goes to a desk. */
#include <stdio.h>
#include <string.h>

#include "agent/page.h"
#include "json/json.h"
#include "must.h"
#include "page/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *
fault(const struct agent_question *q, const char *answer, size_t n, char why[AGENT_WHY])
{
	(void)q;
	must(n > 1 && answer[0] == '{' && !memchr(answer, '\n', n));
	snprintf(why, AGENT_WHY, "of %zu bytes", n);
	return n % 3 ? NULL : why;
}

/* One word of the head, NUL at its end; NULL for "-". */
static char *
word(char **s)
{
	char *w = *s, *end = w + strcspn(w, " ");

	*s = end + (*end == ' ');
	*end = 0;
	return strcmp(w, "-") ? w : NULL;
}

/* A reply is a status and, for one that is JSON, whole JSON. */
static void
check(struct page_reply *r)
{
	struct arena mem = ARENA_INIT;
	struct err e = {0};
	struct json j;

	must(r->status >= 200 && r->status < 600 && buf_ok(&r->body));
	must(!json_parse(&j, r->body.p ? r->body.p : "", r->body.n, &mem, &e) && json_type(&j, 0) == JSON_OBJECT);
	arena_free(&mem);
}

static void
serve(const char *path, const char *body, size_t n)
{
	static const char *const first[] = { "start", "turn" };
	struct agent_question q = { .id = { "a", 1 }, .prompt = { "p", 1 }, .text = { { "x y", 3 } }, .json = { "{\"x\":1}", 7 } };
	struct page_desk p = { .limit = 1 };
	struct desk_opt o = { .each = 2, .fault = fault };
	struct err e = {0};
	size_t i;

	must(!memory_open(&o.memory, NULL, false, &e) && !desk_open(&p.desk, &o, &e));
	for (i = 0; i < 3; i++)
		must(!desk_add(p.desk, &q, &e));
	must(!desk_recall(p.desk, 0, &e));
	for (i = 0; i < 3; i++) {
		struct page_reply r = { .status = 0 };

		if (i < 2)
			page_answer(&p, first[i], "{\"who\":\"ann\",\"at\":0}", 20, &r);
		else
			page_answer(&p, path, body, n, &r);
		check(&r);
		buf_free(&r.body);
	}
	must(desk_wanted(p.desk) <= 6);
	desk_close(p.desk);
	memory_close(o.memory);
	free(p.people);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct gate g = { .token = "0123456789abcdef0123456789abcdef", .address = "127.0.0.1", .machine = "here" };
	const uint8_t *nl = memchr(data, '\n', n);
	char head[512], *s = head;
	struct gate_head h;
	const char *path = NULL;
	unsigned status;
	size_t len = nl ? (size_t)(nl - data) : 0;

	if (!nl || len >= sizeof(head))
		return 0;
	memcpy(head, data, len);
	head[len] = 0;
	h.method = word(&s);
	h.url = word(&s);
	h.host = word(&s);
	h.origin = word(&s);
	h.type = word(&s);
	h.length = word(&s);
	if (!h.method || !h.url)
		return 0;
	status = gate_check(&g, &h, &path);
	must(!status || (status >= 400 && status < 500));
	if (!status)
		must(!strncmp(h.url + 1, g.token, GATE_TOKEN) && path);
	serve(path ? path : "save", (const char *)nl + 1, n - len - 1);
	return 0;
}
