/* trainer_state.json: what is read is read again as it is written. */
#include "must.h"
#include "scratch.h"

#include "run/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct train_state s, t;
	struct buf b = BUF_INIT, c = BUF_INIT;
	struct err e = { 0 };
	bool found;

	scratch("trainer_state.json", data, n);
	if (state_read(&s, scratch_dir, &found, &e)) {
		must(e.code == ST_INPUT && e.msg[0] && !found);
		return 0;
	}
	must(found && !state_print(&s, &b, &e));
	scratch("trainer_state.json", b.p, b.n);
	must(!state_read(&t, scratch_dir, &found, &e) && !state_print(&t, &c, &e));
	must(b.n == c.n && !memcmp(b.p, c.p, b.n));
	buf_free(&b);
	buf_free(&c);
	return 0;
}
