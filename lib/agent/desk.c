#include <stdlib.h>
#include <string.h>

#include "agent/desk.h"
#include "json/json.h"
#include "json/write.h"

/* What one person has with one item. */
struct seat {
	size_t who, next;       /* of the item; SIZE_MAX: the last */
	double seen;            /* the last sign of life; without an answer only */
	char *answer;           /* owned; NULL: open */
	size_t n;
	struct desk_count count;        /* what the answer is, as one */
};

struct item {
	struct agent_question q;
	struct hash128 key;     /* no other item's */
	size_t seat;            /* first of the list; SIZE_MAX: none */
	uint64_t same;          /* later items with the same question */
};

struct person {
	char *name;             /* owned */
	size_t nname;
	size_t *item, n, cap;   /* the items given, in order; owned */
	struct desk_count count;
};

struct desk {
	struct desk_opt o;
	struct item *item;
	size_t n, cap;
	struct seat *seat;
	size_t nseat, seatcap;
	struct person *person;
	size_t nperson, personcap;
	size_t *place, mask;    /* item + 1 by key; 0: empty */
	size_t first;           /* every item before it has as many answers as are wanted */
	struct buf line;
	char why[AGENT_WHY];
};

/* Room for one more of size bytes each in *p. */
static enum status
grow(void *p, size_t n, size_t *cap, size_t size, struct err *e)
{
	size_t more = *cap ? 2 * *cap : 16;
	void *grown, *old;

	if (n < *cap)
		return ST_OK;
	memcpy(&old, p, sizeof(old));
	if (more > SIZE_MAX / size || !(grown = realloc(old, more * size)))
		return err_nomem(e);
	memcpy(p, &grown, sizeof(grown));
	*cap = more;
	return ST_OK;
}

enum status
desk_open(struct desk **out, const struct desk_opt *o, struct err *e)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (!d)
		return err_nomem(e);
	d->o = *o;
	*out = d;
	return ST_OK;
}

void
desk_close(struct desk *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->nseat; i++)
		free(d->seat[i].answer);
	for (i = 0; i < d->nperson; i++) {
		free(d->person[i].name);
		free(d->person[i].item);
	}
	free(d->seat);
	free(d->item);
	free(d->person);
	free(d->place);
	buf_free(&d->line);
	free(d);
}

const struct desk_opt *
desk_options(const struct desk *d)
{
	return &d->o;
}

size_t
desk_size(const struct desk *d)
{
	return d->n;
}

const struct agent_question *
desk_question(const struct desk *d, size_t item)
{
	return &d->item[item].q;
}

/* ---- items by their key ---- */

static size_t
slot(const struct desk *d, struct hash128 key)
{
	size_t i = (size_t)key.lo & d->mask;

	while (d->place[i] && (d->item[d->place[i] - 1].key.hi != key.hi || d->item[d->place[i] - 1].key.lo != key.lo))
		i = (i + 1) & d->mask;
	return i;
}

static enum status
index_items(struct desk *d, struct err *e)
{
	struct item *first;
	uint64_t part[3];
	size_t i, k;

	for (d->mask = 15; d->mask < 2 * d->n; d->mask = 2 * d->mask + 1)
		;
	free(d->place);
	if (!(d->place = calloc(d->mask + 1, sizeof(*d->place))))
		return err_nomem(e);
	for (i = 0; i < d->n; i++) {
		if (d->place[k = slot(d, d->item[i].key)]) {
			/* a question that is there twice is two items */
			first = &d->item[d->place[k] - 1];
			part[0] = first->key.hi;
			part[1] = first->key.lo;
			part[2] = ++first->same;
			d->item[i].key = hash128(part, sizeof(part));
			k = slot(d, d->item[i].key);
		}
		d->place[k] = i + 1;
	}
	return ST_OK;
}

enum status
desk_add(struct desk *d, const struct agent_question *q, struct err *e)
{
	if (grow(&d->item, d->n, &d->cap, sizeof(*d->item), e))
		return e->code;
	d->item[d->n++] = (struct item){ *q, hash128(q->json.s, q->json.n), SIZE_MAX, 0 };
	return ST_OK;
}

/* ---- people and their seats ---- */

enum status
desk_person(struct desk *d, const char *name, size_t n, size_t *who, struct err *e)
{
	struct person *p;

	for (*who = 0; *who < d->nperson; ++*who)
		if (d->person[*who].nname == n && !memcmp(d->person[*who].name, name, n))
			return ST_OK;
	if (d->nperson >= DESK_PEOPLE)
		return err_set(e, ST_USAGE, "more than %d names", DESK_PEOPLE);
	if (grow(&d->person, d->nperson, &d->personcap, sizeof(*d->person), e))
		return e->code;
	p = &d->person[d->nperson];
	*p = (struct person){ .name = malloc(n + 1), .nname = n };
	if (!p->name)
		return err_nomem(e);
	memcpy(p->name, name, n);
	p->name[n] = 0;
	d->nperson++;
	return ST_OK;
}

static struct seat *
find(const struct desk *d, size_t who, size_t item)
{
	size_t s = item < d->n ? d->item[item].seat : SIZE_MAX;

	while (s != SIZE_MAX && d->seat[s].who != who)
		s = d->seat[s].next;
	return s == SIZE_MAX ? NULL : &d->seat[s];
}

/* A seat at the end of the item's list, and of the person's. */
static enum status
sit(struct desk *d, size_t who, size_t item, double now, struct err *e)
{
	struct person *p = &d->person[who];
	size_t *last = &d->item[item].seat;

	if (grow(&d->seat, d->nseat, &d->seatcap, sizeof(*d->seat), e) ||
	    grow(&p->item, p->n, &p->cap, sizeof(*p->item), e))
		return e->code;
	while (*last != SIZE_MAX)
		last = &d->seat[*last].next;
	*last = d->nseat;
	d->seat[d->nseat++] = (struct seat){ .who = who, .next = SIZE_MAX, .seen = now };
	p->item[p->n++] = item;
	return ST_OK;
}

/* Answers to an item and, with now, the places where one is still expected. */
static uint64_t
taken(const struct desk *d, size_t item, const double *now)
{
	uint64_t n = 0;
	size_t s;

	for (s = d->item[item].seat; s != SIZE_MAX; s = d->seat[s].next)
		n += d->seat[s].answer || (now && *now - d->seat[s].seen < DESK_STALE);
	return n;
}

uint64_t
desk_wanted(const struct desk *d)
{
	uint64_t n = 0, k;
	size_t i;

	for (i = 0; i < d->n; i++)
		if ((k = taken(d, i, NULL)) < d->o.each)
			n += d->o.each - k;
	return n;
}

/* ---- the file ---- */

/* Without a name as any agent's answer, which is remembered under the question itself. */
static struct hash128
key_of(const struct desk *d, size_t who, size_t item)
{
	struct hash128 k = d->item[item].key, name = {0};

	if (d->person[who].nname)
		name = hash128(d->person[who].name, d->person[who].nname);
	return (struct hash128){ k.hi ^ name.hi, k.lo ^ name.lo };
}

/* The line of who's answer (n 0: he has it open): item and annotator before its members. */
static void
put_line(struct desk *d, size_t who, size_t item, const char *answer, size_t n)
{
	const struct person *p = &d->person[who];
	char hex[HASH_HEX];

	buf_clear(&d->line);
	if (!p->nname) {
		buf_add(&d->line, answer, n);
		return;
	}
	buf_addf(&d->line, "{\"item\":\"%s\",\"annotator\":", hash_hex(d->item[item].key, hex));
	json_put_str(&d->line, p->name, p->nname);
	if (n > 2)
		buf_addc(&d->line, ',');
	buf_add(&d->line, n ? answer + 1 : "}", n ? n - 1 : 1);
}

static void
count(struct desk_count *to, const struct desk_count *c, bool more)
{
	to->done = more ? to->done + c->done : to->done - c->done;
	to->unchanged = more ? to->unchanged + c->unchanged : to->unchanged - c->unchanged;
	to->skipped = more ? to->skipped + c->skipped : to->skipped - c->skipped;
	to->seconds = more ? to->seconds + c->seconds : to->seconds - c->seconds;
}

/* What an answer is, as a count of one. */
static struct desk_count
outcome(const char *answer, size_t n)
{
	struct desk_count c = {0};
	struct arena mem = ARENA_INIT;
	struct err ignore = {0};
	struct json j;
	size_t at;

	if (!json_parse(&j, answer, n, &mem, &ignore) && json_type(&j, 0) == JSON_OBJECT) {
		at = json_get(&j, 0, "edit");
		c.skipped = at && json_is(&j, at, "skipped");
		c.unchanged = at && json_is(&j, at, "unchanged");
		if ((at = json_get(&j, 0, "seconds")) && json_f64(&j, at, "seconds", &c.seconds, &ignore))
			c.seconds = 0;
	}
	c.done = !c.skipped && !c.unchanged;
	arena_free(&mem);
	return c;
}

static enum status
keep(struct desk *d, struct seat *s, const char *answer, size_t n, struct err *e)
{
	struct desk_count *all = &d->person[s->who].count;
	char *copy = malloc(n + 1);

	if (!copy)
		return err_nomem(e);
	memcpy(copy, answer, n);
	copy[n] = 0;
	count(all, &s->count, false);
	free(s->answer);
	s->answer = copy;
	s->n = n;
	s->count = outcome(answer, n);
	count(all, &s->count, true);
	while (d->first < d->n && taken(d, d->first, NULL) >= d->o.each)
		d->first++;
	return ST_OK;
}

/* A remembered line with an item and an annotator; others belong to other agents. */
static enum status
recall(struct desk *d, const char *text, size_t n, double now, struct arena *mem, struct err *e)
{
	struct err bad = {0};
	struct json j;
	size_t at, name, len, who, item;
	struct hash128 key;
	const char *s;
	char half[17] = "";

	if (json_parse(&j, text, n, mem, &bad) || json_type(&j, 0) != JSON_OBJECT || !(at = json_get(&j, 0, "item")) ||
	    !(name = json_get(&j, 0, "annotator")) || !(s = json_str(&j, at, &len)) || len != HASH_HEX - 1)
		return ST_OK;
	memcpy(half, s, 16);
	key.hi = strtoull(half, NULL, 16);
	memcpy(half, s + 16, 16);
	key.lo = strtoull(half, NULL, 16);
	if (!(item = d->place[slot(d, key)]) || !(s = json_str(&j, name, &len)))
		return ST_OK;
	item--;
	if (desk_person(d, s, len, &who, e) || (!find(d, who, item) && sit(d, who, item, now, e)))
		return e->code;
	/* item and annotator alone: it was given, and not answered; what would be refused today is
	 * shown again */
	return j.node[0].count > 2 && !d->o.fault(&d->item[item].q, text, n, d->why) ? keep(d, find(d, who, item), text, n, e) : ST_OK;
}

enum status
desk_recall(struct desk *d, double now, struct err *e)
{
	struct arena mem = ARENA_INIT;
	struct hash128 key;
	const char *s;
	size_t at = 0, n, i, who;
	enum status st;

	if ((st = index_items(d, e)))
		return st;
	while (!st && memory_next(d->o.memory, &at, &key, &s, &n)) {
		st = recall(d, s, n, now, &mem, e);
		arena_reset(&mem);
	}
	arena_free(&mem);
	/* and the answers of those without a name */
	for (i = 0; !st && i < d->n; i++)
		if ((s = memory_get(d->o.memory, d->item[i].key, &n)) && !(st = desk_person(d, "", 0, &who, e)) &&
		    !d->o.fault(&d->item[i].q, s, n, d->why) && !(st = sit(d, who, i, 0, e)))
			st = keep(d, find(d, who, i), s, n, e);
	return st;
}

/* ---- work ---- */

size_t
desk_given(const struct desk *d, size_t who)
{
	return d->person[who].n;
}

/* The first of the items that fewest have, and who has not; d->n: none is left. */
static size_t
choose(const struct desk *d, size_t who, double now)
{
	size_t i, best = d->n;
	uint64_t k, least = d->o.each;

	for (i = d->first; i < d->n && least; i++)
		if ((k = taken(d, i, &now)) < least && !find(d, who, i)) {
			least = k;
			best = i;
		}
	return best;
}

enum status
desk_turn(struct desk *d, size_t who, size_t k, double now, size_t *item, struct err *e)
{
	enum status st;

	if (k < d->person[who].n) {
		*item = d->person[who].item[k];
		desk_touch(d, who, *item, now);
		return ST_OK;
	}
	if (k > d->person[who].n || (*item = choose(d, who, now)) == d->n)
		return ST_EOF;
	/* a name keeps its place over a restart */
	if (d->person[who].nname) {
		put_line(d, who, *item, NULL, 0);
		if (!buf_ok(&d->line))
			return err_nomem(e);
		if ((st = memory_put(d->o.memory, key_of(d, who, *item), d->line.p, d->line.n, false, e)))
			return st;
	}
	return sit(d, who, *item, now, e);
}

void
desk_touch(struct desk *d, size_t who, size_t item, double now)
{
	struct seat *s = find(d, who, item);

	if (s)
		s->seen = now;
}

enum status
desk_save(struct desk *d, size_t who, size_t item, const char *answer, size_t n, const char **why, struct err *e)
{
	struct seat *s = find(d, who, item);
	enum status st;

	*why = NULL;
	if (!s)
		return err_set(e, ST_USAGE, "this question was not given to you");
	if ((*why = d->o.fault(&d->item[item].q, answer, n, d->why)))
		return ST_OK;
	put_line(d, who, item, answer, n);
	if (!buf_ok(&d->line))
		return err_nomem(e);
	if ((st = memory_put(d->o.memory, key_of(d, who, item), d->line.p, d->line.n, true, e)))
		return st;
	return keep(d, s, d->line.p, d->line.n, e);
}

const char *
desk_answer(const struct desk *d, size_t who, size_t item, size_t *n)
{
	const struct seat *s = find(d, who, item);

	if (!s || !s->answer)
		return NULL;
	*n = s->n;
	return s->answer;
}

const char *
desk_each(const struct desk *d, size_t item, size_t k, size_t *n)
{
	size_t s;

	for (s = d->item[item].seat; s != SIZE_MAX; s = d->seat[s].next)
		if (d->seat[s].answer && !k--) {
			*n = d->seat[s].n;
			return d->seat[s].answer;
		}
	return NULL;
}

void
desk_counts(const struct desk *d, size_t who, struct desk_count *c)
{
	*c = d->person[who].count;
}
