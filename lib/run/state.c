#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "json/json.h"
#include "json/write.h"
#include "run/state.h"

enum { VERSION = 1 };

static void
put_strs(struct buf *b, const char *key, const char (*s)[HASH_HEX])
{
	json_line_key(b, key);
	buf_adds(b, "[");
	json_put_str(b, s[0], strlen(s[0]));
	buf_adds(b, ", ");
	json_put_str(b, s[1], strlen(s[1]));
	buf_adds(b, "]");
}

enum status
state_print(const struct train_state *st, struct buf *b, struct err *e)
{
	enum status rc = ST_OK;

	buf_adds(b, "{");
	json_line_int(b, "version", VERSION);
	json_line_str(b, "digest", st->digest);
	put_strs(b, "start", st->start);
	put_strs(b, "weights", st->weights);
	put_strs(b, "shape", st->shape);
	put_strs(b, "head", st->head);
	json_line_int(b, "serial", st->serial);
	json_line_int(b, "pass", st->pass);
	if (st->loop) {
		json_line_int(b, "loop", st->loop);
		json_line_str(b, "loop_kind", st->loop_kind);
	}
	json_line_int(b, "base", st->base);
	json_line_int(b, "done", st->done);
	json_line_int(b, "total", st->total);
	json_line_key(b, "adam");
	buf_addf(b, "[%llu, %llu]", (unsigned long long)st->adam[0], (unsigned long long)st->adam[1]);
	json_line_bool(b, "finished", st->finished);
	json_line_bool(b, "stopped", st->stopped);
	json_line_int(b, "metrics", st->metrics);
	json_line_key(b, "best");
	rc = json_put_f64(b, st->best, e);
	json_line_int(b, "best_done", st->best_done);
	json_line_int(b, "best_adam", st->best_adam);
	if (st->controller) {
		json_line_key(b, "controller");
		buf_adds(b, "{\"beta\": ");
		rc = rc ? rc : json_put_f64(b, st->beta, e);
		buf_adds(b, ", \"target\": ");
		rc = rc ? rc : json_put_f64(b, st->target, e);
		buf_adds(b, ", \"horizon\": ");
		rc = rc ? rc : json_put_f64(b, st->horizon, e);
		buf_adds(b, "}");
	}
	buf_adds(b, "\n}\n");
	if (rc == ST_OK && !buf_ok(b))
		return err_nomem(e);
	return rc;
}

/* A reader that keeps the first error. */
struct in {
	struct json j;
	size_t obj;
	enum status rc;
	struct err *e;
};

static size_t
node(struct in *in, const char *key, enum json_type type)
{
	size_t n = json_get(&in->j, in->obj, key);

	if (in->rc)
		return 0;
	if (!n || json_type(&in->j, n) != type) {
		in->rc = json_bad(&in->j, n ? n : in->obj, in->e, "%s: %s", key,
		    n ? "wrong type" : "missing");
		return 0;
	}
	return n;
}

static uint64_t
get_int(struct in *in, const char *key)
{
	size_t n = node(in, key, JSON_NUMBER);
	int64_t v = 0;

	if (n)
		in->rc = json_i64(&in->j, n, key, 0, INT64_MAX, &v, in->e);
	return (uint64_t)v;
}

static double
get_real(struct in *in, const char *key)
{
	size_t n = node(in, key, JSON_NUMBER);
	double v = 0;

	if (n)
		in->rc = json_f64(&in->j, n, key, &v, in->e);
	return v;
}

static bool
get_flag(struct in *in, const char *key)
{
	size_t n = json_get(&in->j, in->obj, key);

	if (!in->rc && (!n || (json_type(&in->j, n) != JSON_TRUE && json_type(&in->j, n) != JSON_FALSE)))
		in->rc = json_bad(&in->j, n ? n : in->obj, in->e, "%s: expected true or false", key);
	return !in->rc && json_type(&in->j, n) == JSON_TRUE;
}

static void
get_word(struct in *in, const char *key, char *to, size_t size)
{
	size_t n = node(in, key, JSON_STRING), len;
	const char *s = n ? json_str(&in->j, n, &len) : NULL;

	if (n && (!s || len >= size || strlen(s) != len))
		in->rc = json_bad(&in->j, n, in->e, "%s: expected at most %zu bytes", key, size - 1);
	else if (n)
		memcpy(to, s, len + 1);
}

static void
copy_hex(struct in *in, size_t n, const char *key, char to[HASH_HEX])
{
	size_t len;
	const char *s = json_str(&in->j, n, &len);

	to[0] = 0;
	if (!s || (len && len != HASH_HEX - 1) || strspn(s, "0123456789abcdef") != len)
		in->rc = json_bad(&in->j, n, in->e, "%s: expected %d hex digits", key, HASH_HEX - 1);
	else
		memcpy(to, s, len + 1);
}

static void
get_hex(struct in *in, const char *key, char to[HASH_HEX])
{
	size_t n = node(in, key, JSON_STRING);

	if (n)
		copy_hex(in, n, key, to);
}

static void
get_hexes(struct in *in, const char *key, char (*to)[HASH_HEX])
{
	size_t a = node(in, key, JSON_ARRAY), k, i = 0;

	if (!a)
		return;
	for (k = json_first(&in->j, a); k && i < STATE_NETS && !in->rc; k = json_next(&in->j, a, k))
		copy_hex(in, k, key, to[i++]);
}

static void
get_adam(struct in *in, uint64_t *to)
{
	size_t a = node(in, "adam", JSON_ARRAY), k, i = 0;
	int64_t v;

	if (!a)
		return;
	for (k = json_first(&in->j, a); k && i < STATE_NETS && !in->rc; k = json_next(&in->j, a, k)) {
		in->rc = json_i64(&in->j, k, "adam", 0, INT64_MAX, &v, in->e);
		to[i++] = in->rc ? 0 : (uint64_t)v;
	}
}

static enum status
parse(struct train_state *st, const struct buf *b, struct arena *a, struct err *e)
{
	struct in in = { .e = e };

	if (json_parse(&in.j, b->p, b->n, a, e))
		return e->code;
	if (json_type(&in.j, 0) != JSON_OBJECT)
		return json_bad(&in.j, 0, e, "expected an object");
	if (get_int(&in, "version") != VERSION && !in.rc)
		return json_bad(&in.j, 0, e, "version: expected %d", VERSION);
	get_hex(&in, "digest", st->digest);
	get_hexes(&in, "start", st->start);
	get_hexes(&in, "weights", st->weights);
	/* older states have none */
	if (json_get(&in.j, 0, "shape"))
		get_hexes(&in, "shape", st->shape);
	if (json_get(&in.j, 0, "head"))
		get_hexes(&in, "head", st->head);
	st->serial = get_int(&in, "serial");
	st->pass = get_int(&in, "pass");
	if (json_get(&in.j, 0, "loop")) {
		st->loop = get_int(&in, "loop");
		get_word(&in, "loop_kind", st->loop_kind, sizeof(st->loop_kind));
	}
	st->base = get_int(&in, "base");
	st->done = get_int(&in, "done");
	st->total = get_int(&in, "total");
	get_adam(&in, st->adam);
	st->finished = get_flag(&in, "finished");
	st->stopped = get_flag(&in, "stopped");
	st->metrics = get_int(&in, "metrics");
	st->best = get_real(&in, "best");
	st->best_done = get_int(&in, "best_done");
	st->best_adam = get_int(&in, "best_adam");
	if (!in.rc && json_get(&in.j, 0, "controller")) {
		in.obj = node(&in, "controller", JSON_OBJECT);
		st->controller = true;
		st->beta = get_real(&in, "beta");
		st->target = get_real(&in, "target");
		st->horizon = get_real(&in, "horizon");
	}
	return in.rc;
}

enum status
state_read(struct train_state *st, const char *dir, bool *found, struct err *e)
{
	char *path = file_join(dir, "trainer_state.json");
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	enum status rc = ST_OK;

	*st = (struct train_state){0};
	*found = false;
	if (!path)
		return err_nomem(e);
	if (file_exists(path)) {
		rc = file_read(&b, path, e);
		if (!rc && (rc = parse(st, &b, &a, e)))
			err_file(e, path);
		*found = !rc;
	}
	arena_free(&a);
	buf_free(&b);
	free(path);
	return rc;
}

enum status
state_write(const struct train_state *st, const char *dir, struct err *e)
{
	char *path = file_join(dir, "trainer_state.json");
	struct buf b = BUF_INIT;
	enum status rc;

	if (!path)
		return err_nomem(e);
	rc = state_print(st, &b, e);
	if (!rc)
		rc = file_write(path, b.p, b.n, e);
	buf_free(&b);
	free(path);
	return rc;
}
