#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/pool.h"

struct worker {
	struct pool *pool;
	unsigned id;
	pthread_t thread;
};

/* Looks at what is waited for before a thread sleeps, some tens of microseconds: to be woken
 * takes as long, and the next round of a model's forward pass comes sooner than that. */
enum { LOOKS = 2000 };

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	unsigned threads;       /* the caller included */
	unsigned looks;         /* LOOKS, or 0 where a thread that looks takes a processor from one that works */
	/* these two are written under the lock, and looked at without it */
	atomic_uint inside;     /* workers in the current round */
	atomic_ulong round;
	bool open;              /* the round may be entered */
	bool stop;
	atomic_size_t next;
	size_t tasks;
	void (*fn)(void *, size_t, unsigned);
	void *arg;
	struct worker *worker;
};

static void
drain(struct pool *p, unsigned id)
{
	size_t i;

	while ((i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < p->tasks)
		p->fn(p->arg, i, id);
}

static void
look_away(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Until there is another round than the one seen. */
static void
look_for_work(struct pool *p, unsigned long seen)
{
	for (unsigned i = 0; i < p->looks && atomic_load_explicit(&p->round, memory_order_relaxed) == seen; i++)
		look_away();
}

/* Until no worker is in the round. */
static void
look_for_end(struct pool *p)
{
	for (unsigned i = 0; i < p->looks && atomic_load_explicit(&p->inside, memory_order_relaxed); i++)
		look_away();
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	unsigned long seen = 0;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		pthread_mutex_unlock(&p->lock);
		look_for_work(p, seen);
		pthread_mutex_lock(&p->lock);
		while (!p->stop && p->round == seen)
			pthread_cond_wait(&p->work, &p->lock);
		if (p->stop)
			break;
		seen = p->round;
		if (!p->open)
			continue;
		p->inside++;
		pthread_mutex_unlock(&p->lock);
		drain(p, w->id);
		pthread_mutex_lock(&p->lock);
		if (!--p->inside)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

unsigned
pool_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef CPU_COUNT
	cpu_set_t set;

	/* it fails where there are more processors than the set has room for */
	if (!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 0)
		n = CPU_COUNT(&set);
#endif
	return n > 0 ? (unsigned)n : 1;
}

enum status
pool_open(struct pool **out, unsigned threads, struct err *e)
{
	struct pool *p;
	unsigned i;

	if (!threads)
		threads = pool_processors();
	if (!(p = calloc(1, sizeof(*p))))
		return err_nomem(e);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	p->threads = 1;
	p->looks = threads <= pool_processors() ? LOOKS : 0;
	if (!(p->worker = calloc(threads, sizeof(*p->worker)))) {
		pool_close(p);
		return err_nomem(e);
	}
	for (i = 1; i < threads; i++) {
		p->worker[i] = (struct worker){ .pool = p, .id = i };
		if (pthread_create(&p->worker[i].thread, NULL, worker_main, &p->worker[i])) {
			pool_close(p);
			return err_set(e, ST_NOMEM, "cannot start thread %u", i);
		}
		p->threads = i + 1;
	}
	*out = p;
	return ST_OK;
}

unsigned
pool_threads(const struct pool *p)
{
	return p->threads;
}

void
pool_run(struct pool *p, void (*fn)(void *, size_t, unsigned), void *arg, size_t tasks)
{
	size_t i;

	if (p->threads == 1 || tasks <= 1) {
		for (i = 0; i < tasks; i++)
			fn(arg, i, 0);
		return;
	}
	pthread_mutex_lock(&p->lock);
	p->fn = fn;
	p->arg = arg;
	p->tasks = tasks;
	atomic_store_explicit(&p->next, 0, memory_order_relaxed);
	p->open = true;
	p->round++;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	drain(p, 0);
	/* a worker that has not woken up by now is not waited for: all tasks are taken */
	pthread_mutex_lock(&p->lock);
	p->open = false;
	pthread_mutex_unlock(&p->lock);
	look_for_end(p);
	pthread_mutex_lock(&p->lock);
	while (p->inside)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void
pool_close(struct pool *p)
{
	unsigned i;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	p->round++;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (i = 1; i < p->threads; i++)
		pthread_join(p->worker[i].thread, NULL);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->worker);
	free(p);
}
