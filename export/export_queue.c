// SPDX-License-Identifier: MIT
#include "export/export_queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNK_BYTES (64u << 10)
#define LINGER_MS 100 /* for more to come, before a chunk that is not full is written */
#define TICK_MS 1000
#define END_MS 2000 /* for what is queued, and the target's own end */
#define NS_PER_MS 1000000ll

struct chunk {
	struct chunk *next;
	size_t n, size;
	uint64_t messages;
	uint8_t bytes[];
};

struct export_queue {
	struct export_target *target;
	bool wait, patient; /* patient: the end may last as long as it takes */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ready, room, ended;
	/* Under the lock from here on. */
	struct chunk *first, *last;
	size_t queued; /* bytes, with that of the chunk that is being written */
	uint64_t under_way; /* messages of that chunk */
	bool stop, gone; /* gone: with `wait`, the target failed for good */
	bool over; /* the thread is through */
	bool left; /* nobody waits for the thread any more: it frees the queue */
	uint64_t stop_at; /* ms: when stop was set */
	struct export_queue_state state;
};

/* ----------------------------------------------------------------- the thread */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / NS_PER_MS;
}

static void wait_ms(struct export_queue *q, pthread_cond_t *what, uint64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += (ms % 1000) * NS_PER_MS;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	pthread_cond_timedwait(what, &q->lock, &t);
}

/* Lock held. The oldest chunk, once it is full, has waited, or the end has come. */
static struct chunk *next_chunk(struct export_queue *q, uint64_t tick_at)
{
	struct chunk *c;

	while (!q->first && !q->stop) {
		uint64_t now = now_ms();

		if (now >= tick_at)
			return NULL;
		wait_ms(q, &q->ready, tick_at - now);
	}
	if (q->first && q->first == q->last && !q->stop)
		wait_ms(q, &q->ready, LINGER_MS);
	c = q->first;
	if (c) {
		q->first = c->next;
		if (!q->first)
			q->last = NULL;
	}
	return c;
}

/* Lock held. */
static void done(struct export_queue *q, struct chunk *c, int err)
{
	q->state.err = err;
	if (!err) {
		q->state.messages += c->messages;
		q->state.bytes += c->n;
	} else {
		q->state.lost += c->messages;
	}
	q->queued -= c->n;
	q->under_way = 0;
	pthread_cond_signal(&q->room);
	free(c);
}

static void drop_all(struct export_queue *q)
{
	while (q->first) {
		struct chunk *c = q->first;

		q->first = c->next;
		q->state.lost += c->messages;
		q->queued -= c->n;
		free(c);
	}
	q->last = NULL;
	pthread_cond_broadcast(&q->room);
}

/* Lock held. Until it is written, or the end has come. */
static void write_chunk(struct export_queue *q, struct chunk *c)
{
	q->under_way = c->messages;
	for (;;) {
		int err;

		pthread_mutex_unlock(&q->lock);
		err = q->target->write(q->target, c->bytes, c->n, c->messages);
		pthread_mutex_lock(&q->lock);
		if (!err || q->stop || q->wait) {
			done(q, c, err);
			q->gone = err && q->wait;
			if (err && (q->stop || q->wait))
				drop_all(q);
			return;
		}
		q->state.err = err;
		wait_ms(q, &q->ready, TICK_MS);
	}
}

static void tick(struct export_queue *q)
{
	int err;

	/* What failed for good stays so. */
	if (!q->target->tick || q->gone)
		return;
	pthread_mutex_unlock(&q->lock);
	err = q->target->tick(q->target);
	pthread_mutex_lock(&q->lock);
	q->state.err = err;
}

/* Lock held. Work aside goes on as long as nothing is to be written. */
static void work(struct export_queue *q)
{
	bool more = q->target->work;

	while (more && !q->stop) {
		pthread_mutex_unlock(&q->lock);
		more = q->target->work(q->target);
		pthread_mutex_lock(&q->lock);
		if (q->first)
			break;
	}
}

static void destroy(struct export_queue *q)
{
	pthread_cond_destroy(&q->ready);
	pthread_cond_destroy(&q->room);
	pthread_cond_destroy(&q->ended);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void *run(void *arg)
{
	struct export_queue *q = arg;
	uint64_t tick_at = now_ms();
	bool left;

	pthread_mutex_lock(&q->lock);
	while (!q->stop || q->first) {
		struct chunk *c = next_chunk(q, tick_at);

		if (c)
			write_chunk(q, c);
		work(q);
		if (now_ms() >= tick_at) {
			tick(q);
			tick_at = now_ms() + TICK_MS;
		}
	}
	pthread_mutex_unlock(&q->lock);
	q->target->free(q->target);
	pthread_mutex_lock(&q->lock);
	q->over = true;
	left = q->left;
	pthread_cond_signal(&q->ended);
	pthread_mutex_unlock(&q->lock);
	if (left)
		destroy(q);
	return NULL;
}

/* ----------------------------------------------------------------- the caller */

static int start(struct export_queue *q)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&q->thread, NULL, run, q);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

int export_queue_new(struct export_target *target, bool wait, struct export_queue **ret)
{
	struct export_queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;
	int err;

	if (!q)
		return -ENOMEM;
	q->target = target;
	q->wait = wait;
	q->patient = wait || target->finish;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->ready, &attr);
	pthread_cond_init(&q->room, &attr);
	pthread_cond_init(&q->ended, &attr);
	pthread_condattr_destroy(&attr);
	err = start(q);
	if (err) {
		free(q);
		return err;
	}
	*ret = q;
	return 0;
}

/* Lock held. The chunk that takes n more bytes; NULL: no memory. */
static struct chunk *chunk_for(struct export_queue *q, size_t n)
{
	struct chunk *c = q->last;
	size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;

	if (c && c->size - c->n >= n)
		return c;
	c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	c->next = NULL;
	c->n = 0;
	c->size = size;
	c->messages = 0;
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	/* What is full need not linger; the first wakes the thread at all. */
	pthread_cond_signal(&q->ready);
	q->last = c;
	return c;
}

void export_queue_put(struct export_queue *q, const void *bytes, size_t n)
{
	struct chunk *c = NULL;

	pthread_mutex_lock(&q->lock);
	while (q->wait && !q->gone && q->queued && q->queued + n > EXPORT_QUEUE_BYTES)
		pthread_cond_wait(&q->room, &q->lock);
	if (!q->gone && q->queued + n <= EXPORT_QUEUE_BYTES)
		c = chunk_for(q, n);
	if (c) {
		memcpy(c->bytes + c->n, bytes, n);
		c->n += n;
		c->messages++;
		q->queued += n;
	} else {
		q->state.lost++;
	}
	pthread_mutex_unlock(&q->lock);
}

void export_queue_state(struct export_queue *q, struct export_queue_state *ret)
{
	pthread_mutex_lock(&q->lock);
	*ret = q->state;
	pthread_mutex_unlock(&q->lock);
}

void export_queue_end(struct export_queue *q)
{
	pthread_mutex_lock(&q->lock);
	if (!q->stop)
		q->stop_at = now_ms();
	q->stop = true;
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

/* Lock held. A write that does not come back (a hung disk, a full pipe) is left alone with its thread. */
static void leave(struct export_queue *q)
{
	q->left = true;
	drop_all(q);
	q->state.lost += q->under_way;
	q->state.err = -ETIMEDOUT;
	pthread_detach(q->thread);
}

void export_queue_free(struct export_queue *q, struct export_queue_state *ret)
{
	uint64_t now, until;
	bool over;

	if (!q)
		return;
	export_queue_end(q);
	pthread_mutex_lock(&q->lock);
	until = q->stop_at + END_MS;
	while (!q->over && !q->patient && (now = now_ms()) < until)
		wait_ms(q, &q->ended, until - now);
	over = q->over || q->patient;
	if (!over)
		leave(q);
	*ret = q->state;
	pthread_mutex_unlock(&q->lock);
	if (!over)
		return;
	pthread_join(q->thread, NULL);
	*ret = q->state;
	destroy(q);
}
