/* The inside of the exporter: a file a layout. */
#ifndef RECORD_EXPORT_INT_H
#define RECORD_EXPORT_INT_H

#include "record/export.h"

struct export {
	const struct export_opt *o;
	struct buf task;        /* the task that is open: its members before the annotations */
	struct buf next;        /* the same of the record that comes */
	struct buf notes;       /* its annotations so far */
	size_t n;               /* their number */
	uint64_t tasks;         /* written */
	bool open;
};

/* A layout.  task: x->next gets the members of r that are not an annotation's; note: x->notes one
 * more annotation, where r has one; clash (or NULL): the open task cannot have it; close: out gets
 * the task.  A table has row alone. */
struct export_layout {
	enum status (*task)(struct export *x, struct record *r, struct err *e);
	enum status (*note)(struct export *x, struct record *r, struct err *e);
	bool (*clash)(struct export *x, struct record *r);
	void (*close)(struct export *x, struct buf *out);
	enum status (*head)(struct export *x, struct buf *out, struct err *e);
	enum status (*row)(struct export *x, struct record *r, struct buf *out, struct err *e);
};
extern const struct export_layout export_label_studio, export_argilla, export_csv;

#endif
