#include <stdlib.h>

#include "base/file.h"
#include "model/find.h"
#include "model/model.h"
#include "run/critic.h"

enum status
critic_inside(char **critic, const char *model, struct err *e)
{
	char *inside = file_join(model, "critic"), *at = NULL;

	*critic = NULL;
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

enum status
critic_shared(bool *shared, const char *critic, const char *model, struct err *e)
{
	char *backbone;

	*shared = false;
	if (model_shared(critic, &backbone, e))
		return e->code;
	*shared = backbone;
	if (backbone && !model_same(backbone, model))
		err_set(e, ST_USAGE, "%s shares the backbone of %s, which is not %s", critic, backbone, model);
	free(backbone);
	return e->code;
}
