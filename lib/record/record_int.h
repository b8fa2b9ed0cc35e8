/* The inside of a record, for record.c and record_write.c. */
#ifndef RECORD_RECORD_INT_H
#define RECORD_RECORD_INT_H

#include "record/record.h"

/* A member: its key and value, and where it stood in the line. */
struct field {
	const char *key;        /* decoded */
	size_t nkey;
	const char *raw;        /* the value's JSON */
	size_t nraw;
	size_t start, value, stop;      /* line[start..stop) is the member, line[value..stop) its value */
	bool own;               /* raw was set and is not the line's */
	bool removed;
};

/* Fields by key, open addressing: field + 1, 0 is free. The first n are entered. */
struct record_index { uint32_t *slot; size_t slots, n; };

struct record {
	const char *line;       /* of nline bytes: own, or the caller's */
	size_t nline;
	struct buf own;
	struct buf print;       /* what a value is printed into */
	struct arena arena;
	struct field *field;
	size_t n, cap;
	size_t nold;            /* the first nold fields stood in the line */
	size_t gone;            /* how many are removed */
	struct record_index *index;     /* of a record with many fields */
	bool changed;
	const char *file;
	uint64_t lineno;
};

/* NULL if there is none, or it was removed */
struct field *record_find(const struct record *r, const char *key, size_t nkey);
/* A new last field, not filled; NULL when memory is out. */
struct field *record_add(struct record *r);

#endif
