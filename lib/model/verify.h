/* A model folder against its own words. */
#ifndef MODEL_VERIFY_H
#define MODEL_VERIFY_H

#include "model/model.h"

/* Open dir as a model, and compare the sum of every tensor of its safetensors files with
 * the one in their metadata.  *tensors counts those, *summed those that had a sum.
 * ST_INPUT names what is wrong. */
enum status model_verify(struct tc *tc, const char *dir, struct model_config *c, size_t *tensors,
    size_t *summed, struct err *e);

#endif
