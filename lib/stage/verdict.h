/* Records as lib/stat wants them: verdicts, and pairs with rewards. */
#ifndef STAGE_VERDICT_H
#define STAGE_VERDICT_H

#include "record/record.h"
#include "stat/winrate.h"
#include "stat/winrate_cost.h"

/* Names of the fields that group verdicts; by may be NULL (everything is "all"). */
struct verdict_fields { const char *by, *run, *point; };

/* A verdict of record r: win; the candidate, run and point named by f ("", 0 where
 * absent); prompt (or else id) as the key; lengths of response and reference in
 * characters; KL from kl, else response_kl, else response_logprob less
 * response_ref_logprob.  Borrowed from r. */
enum status verdict_read(struct record *r, const struct verdict_fields *f, struct verdict *v, struct err *e);

/* One side of a pair: F_reward with F_label, else F_score. Borrowed from r. */
enum status pair_side_read(struct record *r, const char *field, struct pair_side *s, struct err *e);

/* F_cost of a side with n token rewards, or NULL where it is absent or n is 0 (a score of
 * the whole text). Borrowed from r. */
enum status reward_cost_read(struct record *r, const char *field, size_t n, const float **cost, struct err *e);

/* The text of a grouping field: a string's, or the JSON of another value. */
enum status group_read(struct record *r, const char *field, const char *absent, const char **s, struct err *e);

/* The key of a pair or verdict: its prompt, else its id. */
enum status prompt_key(struct record *r, struct hash128 *key, struct err *e);

/* Results as members of a record (--json) or lines of a table, appended to out; what
 * does not exist is null or "-". */
void row_json(struct buf *out, const char *name, const struct winrate_row *r);
void row_text(struct buf *out, const char *name, const struct winrate_row *r);
void diff_json(struct buf *out, const struct winrate *w, size_t x, size_t y, const struct winrate_diff *d);
void diff_text(struct buf *out, const struct winrate *w, size_t x, size_t y, const struct winrate_diff *d);
/* c: of a cost model, or NULL */
void reward_json(struct buf *out, const struct rewardstat_result *o, const struct coststat_result *c);
void reward_text(struct buf *out, const struct rewardstat_result *o, const struct coststat_result *c);

#endif
