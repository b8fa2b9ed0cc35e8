#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/find.h"
#include "model/model.h"
#include "run/critic.h"

/* The folder inside of the model's, or NULL. */
static enum status
find_inside(char **critic, const char *model, struct err *e)
{
	char *inside = file_join(model, "critic"), *at = NULL;

	e->code = ST_OK;
	if (!inside)
		return err_nomem(e);
	if (!model_find(&at, inside, e) && file_is_dir(at)) {
		*critic = inside;
		inside = NULL;
	}
	free(at);
	free(inside);
	return e->code;
}

static enum status
is_shared(bool *shared, const char *critic, const char *model, struct err *e)
{
	char *backbone;

	if (model_shared(critic, &backbone, e))
		return e->code;
	*shared = backbone;
	if (backbone && !model_same(backbone, model))
		err_set(e, ST_USAGE, "%s shares the backbone of %s, which is not %s", critic, backbone, model);
	free(backbone);
	return e->code;
}

enum status
critic_find(char **critic, bool *shared, const char *given, const char *model, struct err *e)
{
	*critic = NULL;
	*shared = false;
	if (given && !(*critic = strdup(given)))
		return err_nomem(e);
	if (!given && find_inside(critic, model, e))
		return e->code;
	return *critic ? is_shared(shared, *critic, model, e) : ST_OK;
}
