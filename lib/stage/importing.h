/* Files of another layout through its importer (record/import.h), an item at a time. */
#ifndef STAGE_IMPORTING_H
#define STAGE_IMPORTING_H

#include "record/import.h"
#include "record/items.h"
#include "stage/files.h"

struct importing {
	/* set by the program */
	struct import *im;
	enum import_from from;
	struct files *io;       /* takes what is bad */

	/* its own; the counts are of all files so far */
	uint64_t items, nothing;        /* nothing: items that gave no record, and are not bad */
	struct record *in;
	struct row head, row;
	struct buf line;
};

/* Whether the layout is a table, whose first row names its columns. */
bool importing_is_table(const struct importing *m);
/* The items of fd, called name in messages. */
enum status importing_file(int fd, const char *name, void *importing, struct err *e);
/* What the importer still holds at the end: pairs that lack a row are bad. */
enum status importing_end(struct importing *m, struct err *e);
void importing_free(struct importing *m);

#endif
