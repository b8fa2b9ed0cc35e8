/* Sample responses to the prompts of records, and write them in the order of the records. */
#ifndef STAGE_SAMPLING_H
#define STAGE_SAMPLING_H

#include "run/rollout.h"
#include "stage/ids.h"
#include "stage/stream.h"

struct sampling {
	/* set by the caller */
	const struct stream *io;
	struct ids *ids;
	uint64_t seed;
	size_t samples;                 /* responses to each prompt */
	size_t longest, max_tokens;     /* a sequence, a response */
	size_t room;                    /* bytes of records in hand from which no more are read */
	float temperature;              /* as it is recorded */
	/* called at the first record; sets roll and policy */
	enum status (*open)(struct sampling *s, struct err *e);
	struct rollout *roll;
	const char *policy;

	struct sampling_record *first, **last, *next, *spare;
	size_t in_hand, held;           /* responses, bytes of their records */
	uint64_t records, done;         /* done: responses written */
	bool eof;
	struct buf text;
};

void sampling_init(struct sampling *s);
/* Start responses until every slot has work, without waiting for input while there is
 * work.  ST_INPUT for a bad record; s->eof: no more will be read. */
enum status sampling_feed(struct sampling *s, struct err *e);
/* Write what is done, in order. */
enum status sampling_drain(struct sampling *s, struct err *e);
void sampling_free(struct sampling *s);

#endif
