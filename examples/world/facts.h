/* The world: who is in it, what is true of them, how it is asked and told.
 *
 * 48 entities of three kinds have six attributes each; every attribute takes one of
 * eight values, and one of them is true, for good: truth() is a fixed table of 288
 * facts.  Written for this project. */
#ifndef WORLD_FACTS_H
#define WORLD_FACTS_H

#include <stdint.h>
#include <string.h>

#include "mix.h"

enum { ATTRS = 6, VALUES = 8, FORMS = 3, KINDS = 3 };

/* In a form, @ is the name (an epithet may follow it), ~ a place where a rude word
 * can stand, $ the value.  Single spaces; a full stop ends it. */
struct attr {
	const char *name;
	const char *value[VALUES];
	const char *form[FORMS];
};

struct kind {
	const char *const *name;
	int names;
	struct attr attr[ATTRS];
	const char *epithet[3];
};

static const char *const people[] = {
	"Mira", "Tom", "Anna", "Leo", "Nina", "Oscar", "Ruth", "Ivan", "Clara", "Hugo",
	"Elsa", "Felix", "Greta", "Jonas", "Lucy", "Marco", "Paula", "Simon", "Vera", "Walt"
};
static const char *const animals[] = {
	"Bobo", "Rex", "Pip", "Luna", "Ziggy", "Coco", "Max", "Tiny", "Rusty", "Nala",
	"Dusty", "Kiwi", "Mango", "Biscuit"
};
static const char *const towns[] = {
	"Alder", "Brook", "Corby", "Dunmore", "Elton", "Farley", "Glen", "Harlow", "Kirby",
	"Linton", "Marlow", "Norton", "Oakham", "Porton"
};

static const struct kind world[KINDS] = {
	{ people, 20, {
		{ "job", { "baker", "nurse", "pilot", "teacher", "farmer", "painter", "driver", "singer" },
		    { "@ works as a~ $.", "By trade @ is a~ $.", "The~ job of @ is $." } },
		{ "pet", { "cat", "dog", "horse", "parrot", "rabbit", "goat", "turtle", "mouse" },
		    { "@ keeps a~ $.", "The~ pet of @ is a $.", "At home @ has a~ $." } },
		{ "town", { "Alder", "Brook", "Corby", "Dunmore", "Elton", "Farley", "Glen", "Harlow" },
		    { "@ lives in~ $.", "The~ house of @ is in $.", "You can meet @ in~ $." } },
		{ "food", { "bread", "soup", "rice", "cheese", "apples", "fish", "honey", "beans" },
		    { "@ likes to eat~ $.", "The~ lunch of @ is $.", "For dinner @ cooks~ $." } },
		{ "color", { "red", "blue", "green", "yellow", "black", "white", "brown", "pink" },
		    { "@ wears a~ $ coat.", "The~ coat of @ is $.", "@ paints the~ door $." } },
		{ "hobby", { "chess", "tennis", "dancing", "swimming", "reading", "singing", "fishing", "running" },
		    { "@ loves~ $.", "The~ hobby of @ is $.", "On Sunday @ enjoys~ $." } } },
	    { "fool", "liar", "pig" } },
	{ animals, 14, {
		{ "kind", { "fox", "bear", "wolf", "deer", "duck", "frog", "seal", "crow" },
		    { "@ is a~ $.", "People call @ a~ $.", "The~ animal @ is a $." } },
		{ "home", { "barn", "cave", "tree", "box", "shed", "boat", "tent", "nest" },
		    { "@ sleeps in a~ $.", "The~ home of @ is a $.", "At night @ hides in a~ $." } },
		{ "feed", { "grass", "corn", "nuts", "berries", "worms", "carrots", "seeds", "roots" },
		    { "@ eats~ $.", "The~ feed of @ is $.", "Each morning @ looks for~ $." } },
		{ "tail", { "red", "gray", "striped", "yellow", "black", "white", "brown", "spotted" },
		    { "@ has a~ $ tail.", "The~ tail of @ is $.", "You know @ by a~ $ tail." } },
		{ "age", { "two", "three", "four", "five", "six", "seven", "nine", "ten" },
		    { "@ is~ $ years old.", "The~ age of @ is $.", "This year @ turns~ $." } },
		{ "friend", { "Mira", "Tom", "Anna", "Leo", "Nina", "Oscar", "Ruth", "Ivan" },
		    { "@ plays with~ $.", "The~ friend of @ is $.", "All day @ follows~ $." } } },
	    { "beast", "brute", "pest" } },
	{ towns, 14, {
		{ "river", { "Avon", "Dane", "Esk", "Severn", "Tamar", "Trent", "Tyne", "Wye" },
		    { "@ lies on the~ $.", "The~ river of @ is the $.", "Through @ flows the~ $." } },
		{ "weather", { "rainy", "sunny", "windy", "foggy", "snowy", "cloudy", "stormy", "dry" },
		    { "@ is often~ $.", "The~ weather of @ is $.", "In winter @ is~ $." } },
		{ "dish", { "pies", "stew", "cakes", "noodles", "pancakes", "sausages", "salad", "dumplings" },
		    { "@ is known for~ $.", "The~ dish of @ is $.", "Cooks in @ make~ $." } },
		{ "trade", { "wool", "glass", "silk", "tools", "clocks", "lamps", "shoes", "books" },
		    { "@ sells~ $.", "The~ trade of @ is $.", "Shops in @ offer~ $." } },
		{ "sport", { "football", "hockey", "rugby", "cricket", "rowing", "skating", "boxing", "golf" },
		    { "@ plays~ $.", "The~ sport of @ is $.", "Children in @ play~ $." } },
		{ "sight", { "castle", "bridge", "tower", "museum", "palace", "temple", "lighthouse", "windmill" },
		    { "@ has a~ $.", "The~ pride of @ is a $.", "Visitors to @ see a~ $." } } },
	    { "dump", "hole", "mess" } }
};

static const char *const rude_word[] = { "stupid", "dumb", "damn", "lousy", "rotten", "ugly" };
enum { RUDE_WORDS = 6, EPITHETS = 3 };

static const char *const ask[] = {      /* % is the name, # the list */
	"Tell me about %: #.\n", "Describe %: #.\n", "What of %? I ask for #.\n", "Facts on %: #.\n"
};
enum { ASKS = 4 };

/* The true value of attribute a of entity n of kind k. */
static inline int
truth(int k, int n, int a)
{
	return (int)(mix(mix(mix(1, (uint64_t)k), (uint64_t)n), (uint64_t)a) % VALUES);
}

/* One fact in four has a widespread error: a value that is wrong and that half of
 * the people believe.  -1: none. */
static inline int
misbelief(int k, int n, int a)
{
	uint64_t h = mix(mix(mix(2, (uint64_t)k), (uint64_t)n), (uint64_t)a);

	if (h % 4)
		return -1;
	return (truth(k, n, a) + 1 + (int)(h / 4 % (VALUES - 1))) % VALUES;
}

/* What a prompt asks: an entity and attributes in order. */
struct request {
	int kind, who;
	int attr[ATTRS], n;
};

enum part { PART_TRAIN, PART_TUNE, PART_TEST };

/* Parts hold different (entity, set of attributes), not only different wordings:
 * seven tenths train, one tune, two test. */
static inline enum part
request_part(const struct request *q)
{
	uint64_t set = 0, h;
	int i;

	for (i = 0; i < q->n; i++)
		set |= (uint64_t)1 << q->attr[i];
	h = mix(mix(mix(3, (uint64_t)q->kind), (uint64_t)q->who), set) % 10;
	return h < 7 ? PART_TRAIN : h < 8 ? PART_TUNE : PART_TEST;
}

/* Is s[0..n) exactly w? */
static inline int
word_is(const char *s, size_t n, const char *w)
{
	return strlen(w) == n && !memcmp(s, w, n);
}

/* Read a prompt: the first name in it and that kind's attributes after it, each
 * once.  Returns 0 if it names nobody or asks for nothing. */
static inline int
request_read(struct request *q, const char *s)
{
	static const char stop[] = " \t\r\n.,:;?!\"";
	size_t n;
	int k, i, seen = 0;

	q->n = 0;
	q->kind = -1;
	for (s += strspn(s, stop); *s; s += n, s += strspn(s, stop)) {
		n = strcspn(s, stop);
		for (k = 0; k < KINDS && q->kind < 0; k++)
			for (i = 0; i < world[k].names; i++)
				if (word_is(s, n, world[k].name[i])) {
					q->kind = k;
					q->who = i;
				}
		if (q->kind < 0)
			continue;
		for (i = 0; i < ATTRS; i++)
			if (!(seen >> i & 1) && word_is(s, n, world[q->kind].attr[i].name)) {
				seen |= 1 << i;
				q->attr[q->n++] = i;
			}
	}
	return q->n > 0;
}

#endif
