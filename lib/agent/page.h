/* What the page of --page asks for, and what it is told. */
#ifndef AGENT_PAGE_H
#define AGENT_PAGE_H

#include "agent/desk.h"
#include "page/server.h"

/* One request for a desk: path and a JSON body.  r gets the status and the JSON of the reply:
 *   start   {"who"}                      -> the run, who's place
 *   turn    {"who","at"}                 -> the at-th question of who, and what he answered
 *   touch   {"who","item"}               -> {}
 *   save    {"who","item","answer"}      -> {"saved":true} and the counts; 422 {"why"}
 *   finish  {"who"}                      -> {}: who has seen the summary
 * at and item count from 0.  *failed is the error that ends the run, code ST_OK where none does.
 * now: clock_now(). */
struct page_desk {
	struct desk *desk;
	double limit, now;
	unsigned char *people;  /* by desk_person: PAGE_ABSENT in this session, and so on; owned */
	size_t npeople;
	struct err failed;
};
enum { PAGE_ABSENT, PAGE_HERE, PAGE_LEFT };

/* who came, or said that he is done. */
void page_people(struct page_desk *p, size_t who, bool left);
/* Everything is answered, and all who came have left; or the run has failed. */
bool page_is_done(const struct page_desk *p);
void page_answer(struct page_desk *p, const char *path, const char *body, size_t n, struct page_reply *r);

/* The page itself, its styles and scripts with this nonce. */
void page_put_html(const char *nonce, struct buf *b);

#endif
