/*
 * How many durable deliveries a second: THREADS threads, each a worker of a role, deliver messages of
 * SIZE octets to MAILBOXES mailboxes for SECONDS.
 *
 *   tests/harness/pg.py run --fsync -- build/tests/bench/deliver_bench [THREADS] [SECONDS] [SIZE]
 */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/store/store_fixture.h"

#define MAILBOXES   1000
#define THREADS_MAX 256

static struct fixture fix;
static _Atomic bool stop;
static size_t size = 4096;

struct worker {
	pthread_t thread;
	unsigned seed;
	int64_t done;
	int64_t prepare_us, deliver_us;
};

static struct prepared *prepare(struct arena *a, struct span text, int64_t now_us)
{
	struct prepared *p = NULL;
	/* as if just received: another id, the same bytes */
	enum rc rc = message_prepare(fix.store, a, uuid_make(now_us), text, &p);
	ASSERT(rc == RC_OK);
	return p;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct arena arena, messages;
	struct span texts[64];
	arena_init(&arena, 256 << 10);
	arena_init(&messages, 1 << 20);
	for (int i = 0; i < 64; i++) {
		char subject[32];
		(void)snprintf(subject, sizeof subject, "bench %u %d", w->seed, i);
		texts[i] = fixture_message(&messages, subject, size);
	}
	struct db *db = scratch_open("mx");
	while (!atomic_load(&stop)) {
		struct ctx ctx = scratch_ctx(&arena, db);
		int64_t start = clock_mono_us();
		struct prepared *p = prepare(&arena, texts[w->done % 64], ctx.now_us);
		int64_t prepared = clock_mono_us();
		struct delivery_target target = { .mailbox_id = 1 + rand_r(&w->seed) % MAILBOXES,
			.domain_id = 1 };
		struct delivery_event event = { .domain_id = 1,
			.mailbox_id = target.mailbox_id,
			.rcpt = SPAN("m@a.test"),
			.name = SPAN("message.delivered"),
			.text = SPAN("Delivered to INBOX.") };
		struct delivery d = { .message = p,
			.mail_from = SPAN("ann@x.test"),
			.targets = &target,
			.n_targets = 1,
			.events = &event,
			.n_events = 1,
			.received_at = ctx.now_us / 1000000 };
		enum rc rc = message_deliver(fix.store, &ctx, &d);
		ASSERT(rc == RC_OK);
		w->done++;
		w->prepare_us += prepared - start;
		w->deliver_us += clock_mono_us() - prepared;
		arena_reset(&arena);
	}
	db_close(db);
	arena_done(&arena);
	arena_done(&messages);
	return NULL;
}

static void make_mailboxes(void)
{
	scratch_sql("INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key)"
		    " SELECT i, 1, 'm' || i, 'm' || i FROM generate_series(9, 1000) AS i;"
		    "INSERT INTO mail_root (mailbox_id, next_folder_id, next_uidvalidity)"
		    " SELECT i, 10, 1000 FROM generate_series(9, 1000) AS i;"
		    "INSERT INTO folder (mailbox_id, folder_id, name, role, uidvalidity)"
		    " SELECT i, 1, 'INBOX', 'inbox', 1 FROM generate_series(9, 1000) AS i;"
		    "ANALYZE");
}

static long argument(char **argv, int argc, int i, long otherwise)
{
	return argc > i ? strtol(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	long threads = argument(argv, argc, 1, 16);
	long seconds = argument(argv, argc, 2, 10);
	size = (size_t)argument(argv, argc, 3, 4096);
	if (threads < 1 || threads > THREADS_MAX || !fixture_begin(&fix, NULL))
		return 2;
	make_mailboxes();
	int64_t start = clock_mono_us();
	for (long i = 0; i < threads; i++) {
		workers[i].seed = (unsigned)i + 1;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			return 2;
	}
	(void)sleep((unsigned)seconds);
	atomic_store(&stop, true);
	int64_t done = 0;
	int64_t prepare_us = 0;
	int64_t deliver_us = 0;
	for (long i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
		prepare_us += workers[i].prepare_us;
		deliver_us += workers[i].deliver_us;
	}
	double took = (double)(clock_mono_us() - start) / 1e6;
	int64_t stored = scratch_sql("SELECT count(*) FROM message");
	printf("threads=%ld size=%zu deliveries=%lld stored=%lld per_second=%.0f prepare_us=%.1f "
	       "latency_us=%.0f\n",
		threads, size, (long long)done, (long long)stored, (double)done / took,
		(double)prepare_us / (double)done, (double)deliver_us / (double)done);
	fixture_end(&fix);
	return stored == done ? 0 : 1;
}
