/* How far people who answered the same items agree: Krippendorff's alpha, agreement of pairs,
 * and a number for each person, with bootstrap intervals over the items.
 *
 * An item has units (the words of a text, or one verdict), and an answer gives each a value from
 * 0 to 1.  With m_u values v of unit u, n of all units that have two or more,
 *
 *     alpha = 1 - (n - 1) sum_u (m_u sum v^2 - (sum v)^2) / (m_u - 1)  /  (n sum v^2 - (sum v)^2),
 *
 * where the sums of the divisor go over all n values: Krippendorff (2011) with the difference
 * (v - w)^2, which for values of 0 and 1 is his nominal one.  It is 1 where all agree, 0 where
 * they agree as by chance, NAN where all values are the same. */
#ifndef STAT_AGREEMENT_H
#define STAT_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "stat/winrate.h"

enum { AGREEMENT_PEOPLE = 256 };

struct agreement;

enum status agreement_open(struct agreement **a, struct err *e);        /* owned */
void agreement_close(struct agreement *a);

/* who's answer to an item: v[0..n), copied; size: a number of the answer, its edit ratio, or NAN.
 * ST_INPUT where the item had another n, where who answered it already, and beyond
 * AGREEMENT_PEOPLE people. */
enum status agreement_add(struct agreement *a, struct hash128 item, const char *who, const float *v, size_t n,
    double size, struct err *e);

/* People in the order they first came. */
size_t agreement_people(const struct agreement *a);
const char *agreement_name(const struct agreement *a, size_t who);

struct agreement_all { size_t items, units, values; struct interval alpha, f1, same; };
struct agreement_one { size_t items; struct interval size; };
struct agreement_pair { size_t items; struct interval f1, same; };

/* Of units with two values or more.  f1 and same are those of all pairs of people together. */
enum status agreement_alpha(struct agreement *a, uint64_t draws, uint64_t seed, struct agreement_all *o, struct err *e);
/* The mean size of who's answers. */
enum status agreement_size(struct agreement *a, size_t who, uint64_t draws, uint64_t seed, struct agreement_one *o,
    struct err *e);
/* Of the items that both answered.  f1 = 2 both / (x + y), in units whose value is 1; NAN where there
 * are none.  same: the part of the units with equal values. */
enum status agreement_pair(struct agreement *a, size_t x, size_t y, uint64_t draws, uint64_t seed,
    struct agreement_pair *o, struct err *e);

#endif
