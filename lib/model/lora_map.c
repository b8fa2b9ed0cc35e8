/* The linear maps that an adapter may change: names, ranks and scales. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/params_int.h"

const unsigned char lora_slot[LINEARS] = { L_Q, L_K, L_V, L_O, L_GATE, L_UP, L_DOWN };

double
lora_scale(const struct lora_config *l, struct lora_at at)
{
	return at.alpha / (l->rslora ? sqrt((double)at.rank) : (double)at.rank);
}

void
lora_module(const struct model_config *c, char name[96], size_t layer, size_t linear)
{
	const char *tensor = layer_row(c, lora_slot[linear])->name;

	name[0] = 0;
	if (tensor)
		snprintf(name, 96, "%s.%zu.%.*s", layers_name(c), layer, (int)(strrchr(tensor, '.') - tensor), tensor);
}

const char *
lora_name(const struct model_config *c, size_t linear, char room[96])
{
	const char *dot;

	lora_module(c, room, 0, linear);
	dot = strrchr(room, '.');
	return dot ? dot + 1 : room;
}

struct lora_at
lora_at(const struct lora_config *l, size_t layer, size_t linear)
{
	if (l->at)
		return l->at[layer * LINEARS + linear];
	return (struct lora_at){ l->target[linear] ? l->rank : 0, l->alpha };
}
