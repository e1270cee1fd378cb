/*
 * Bells; see bell.h.
 *
 * Rings are a datagram of pairs of 64-bit numbers (host order: it never leaves the machine) to every
 * bell-*.sock of the run directory but our own whose role listens for one of these mailboxes: that
 * stands on the board. The list of sockets is read again once a second.
 * The send role hears only of its queue.
 * Lock order: watch_lock and peers_lock are never held together; both are leaves.
 */
#include "mailcore/db/bell.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/list.h"
#include "mailcore/base/map.h"
#include "mailcore/db/board.h"

#define PEERS_MAX      32
#define PEERS_FRESH_MS 1000
#define READ_MAX       4096 /* datagrams at a time: the loop has other sessions too */

#define RINGS_MAX 64 /* of one datagram */

struct peer {
	struct sockaddr_un address;
	const struct board_ears *ears; /* NULL: always rung */
	bool hears_mail, hears_queue;
};

struct bell_watch {
	struct list node;
	int64_t mailbox_id;
	void (*fn)(int64_t mailbox_id, int64_t folder_id, void *arg);
	void *arg;
};

struct bells {
	int fd;
	char dir[sizeof((struct sockaddr_un *)0)->sun_path];
	struct sockaddr_un self;
	struct board *board;

	pthread_mutex_t watch_lock;
	struct map watched; /* mailbox_id -> struct list of watches */

	pthread_mutex_t peers_lock;
	struct peer peers[PEERS_MAX];
	size_t n_peers;
	int64_t peers_at_ms;
};

static bool path_make(struct sockaddr_un *out, const char *dir, const char *name)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int n = snprintf(out->sun_path, sizeof out->sun_path, "%s/%s", dir, name);
	return n > 0 && (size_t)n < sizeof out->sun_path;
}

static enum rc socket_bind(struct bells *b, const char *role, struct err *err)
{
	char name[64];
	(void)snprintf(name, sizeof name, "bell-%s.sock", role);
	if (!path_make(&b->self, b->dir, name))
		return err_set(err, RC_INVALID, "run_dir", "The path %s is too long.", b->dir);
	b->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	(void)unlink(b->self.sun_path); /* of a process that died */
	if (b->fd < 0 || bind(b->fd, (struct sockaddr *)&b->self, sizeof b->self) != 0)
		return err_set(err, RC_TEMP, "run_dir", "Cannot make the socket %s: %m.",
			b->self.sun_path);
	return RC_OK;
}

enum rc bells_open(const char *run_dir, const char *role, struct bells **out, struct err *err)
{
	struct bells *b = heap_zalloc(sizeof *b);
	b->fd = -1;
	pthread_mutex_init(&b->watch_lock, NULL);
	pthread_mutex_init(&b->peers_lock, NULL);
	map_init(&b->watched);
	(void)snprintf(b->dir, sizeof b->dir, "%s", run_dir);
	enum rc rc = strlen(run_dir) < sizeof b->dir
		? board_open(run_dir, role, &b->board, err)
		: err_set(err, RC_INVALID, "run_dir", "The path %s is too long.", run_dir);
	if (rc == RC_OK)
		rc = socket_bind(b, role, err);
	if (rc != RC_OK) {
		bells_close(b);
		return rc;
	}
	*out = b;
	return RC_OK;
}

void bells_close(struct bells *b)
{
	if (!b)
		return;
	if (b->fd >= 0) {
		(void)close(b->fd);
		(void)unlink(b->self.sun_path);
	}
	ASSERT(b->watched.count == 0); /* watchers end before the bells */
	map_done(&b->watched);
	board_close(b->board);
	pthread_mutex_destroy(&b->watch_lock);
	pthread_mutex_destroy(&b->peers_lock);
	heap_free(b);
}

int bells_fd(const struct bells *b)
{
	return b->fd;
}

/* ------------------------------------------------------------------------ watching */

/* Under watch_lock: those who watch `key`, a mailbox or BELL_ALL. */
static void ring_watches(struct bells *b, int64_t key, int64_t mailbox_id, int64_t folder_id)
{
	struct list *watches = map_get(&b->watched, map_key_i64(&key));
	if (!watches)
		return;
	LIST_EACH(it, watches)
	{
		struct bell_watch *w = LIST_ITEM(it, struct bell_watch, node);
		w->fn(mailbox_id, folder_id, w->arg);
	}
}

static void wake_watchers(struct bells *b, int64_t mailbox_id, int64_t folder_id)
{
	pthread_mutex_lock(&b->watch_lock);
	ring_watches(b, BELL_ALL, mailbox_id, folder_id);
	ring_watches(b, mailbox_id, mailbox_id, folder_id);
	pthread_mutex_unlock(&b->watch_lock);
}

/* What is cached must be stale before those who are woken look at it. */
void bell_ring_here(struct bells *b, int64_t mailbox_id, int64_t folder_id)
{
	atomic_fetch_add(board_rung(b->board, mailbox_id), 1);
	wake_watchers(b, mailbox_id, folder_id);
}

_Atomic uint32_t *bell_count(struct bells *b, int64_t mailbox_id)
{
	return board_rung(b->board, mailbox_id);
}

struct bell_watch *bell_watch(struct bells *b, int64_t mailbox_id,
	void (*fn)(int64_t mailbox_id, int64_t folder_id, void *arg), void *arg)
{
	struct bell_watch *w = heap_alloc(sizeof *w);
	*w = (struct bell_watch){ .mailbox_id = mailbox_id, .fn = fn, .arg = arg };
	pthread_mutex_lock(&b->watch_lock);
	struct list *watches = map_get(&b->watched, map_key_i64(&mailbox_id));
	if (!watches) {
		watches = heap_alloc(sizeof *watches);
		list_init(watches);
		map_put(&b->watched, map_key_i64(&mailbox_id), watches);
	}
	list_add_tail(watches, &w->node);
	board_listen(b->board, mailbox_id);
	pthread_mutex_unlock(&b->watch_lock);
	return w;
}

void bell_unwatch(struct bells *b, struct bell_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&b->watch_lock);
	list_del(&w->node);
	board_unlisten(b->board, w->mailbox_id);
	struct list *watches = map_get(&b->watched, map_key_i64(&w->mailbox_id));
	if (list_empty(watches)) {
		map_del(&b->watched, map_key_i64(&w->mailbox_id));
		heap_free(watches);
	}
	pthread_mutex_unlock(&b->watch_lock);
	heap_free(w);
}

void bells_watched(struct bells *b, void (*each)(int64_t mailbox_id, void *arg), void *arg)
{
	size_t pos = 0;
	struct span key;
	void *watches = NULL;
	pthread_mutex_lock(&b->watch_lock);
	while (map_next(&b->watched, &pos, &key, &watches)) {
		int64_t mailbox_id;
		memcpy(&mailbox_id, key.ptr, sizeof mailbox_id);
		if (mailbox_id != BELL_ALL)
			each(mailbox_id, arg);
	}
	pthread_mutex_unlock(&b->watch_lock);
}

/* ------------------------------------------------------------------------ the other roles */

/* Under peers_lock. */
static void peers_read(struct bells *b)
{
	DIR *dir = opendir(b->dir);
	const struct span front = SPAN("bell-"), tail = SPAN(".sock");
	b->n_peers = 0;
	b->peers_at_ms = clock_mono_ms();
	if (!dir)
		return;
	for (struct dirent *e = readdir(dir); e && b->n_peers < PEERS_MAX; e = readdir(dir)) {
		struct span name = span_of(e->d_name);
		struct peer *peer = &b->peers[b->n_peers];
		peer->hears_queue = span_eq(name, SPAN("bell-send.sock"));
		peer->hears_mail = !peer->hears_queue;
		if (!span_starts(name, front) || !span_ends(name, tail))
			continue;
		struct span role = span_sub(name, front.len, name.len - front.len - tail.len);
		peer->ears = board_ears(b->board, role);
		if (path_make(&peer->address, b->dir, e->d_name) &&
			strcmp(peer->address.sun_path, b->self.sun_path) != 0)
			b->n_peers++;
	}
	(void)closedir(dir);
}

static bool hears(const struct peer *p, const struct bell_ring *rings, size_t n)
{
	if (rings[0].mailbox_id == BELL_QUEUE)
		return p->hears_queue;
	for (size_t i = 0; p->ears && i < n; i++)
		if (board_hears(p->ears, rings[i].mailbox_id))
			return p->hears_mail;
	return p->hears_mail && !p->ears;
}

static void ring_others(struct bells *b, const struct bell_ring *rings, size_t n)
{
	pthread_mutex_lock(&b->peers_lock);
	if (clock_mono_ms() - b->peers_at_ms >= PEERS_FRESH_MS || b->peers_at_ms == 0)
		peers_read(b);
	for (size_t i = 0; i < b->n_peers; i++) {
		const struct peer *p = &b->peers[i];
		if (hears(p, rings, n))
			/* a full or dead socket loses a hint, no more */
			(void)sendto(b->fd, rings, n * sizeof *rings, 0,
				(const struct sockaddr *)&p->address, sizeof p->address);
	}
	pthread_mutex_unlock(&b->peers_lock);
}

void bell_ring_all(struct bells *b, const struct bell_ring *rings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bell_ring_here(b, rings[i].mailbox_id, rings[i].folder_id);
	for (size_t at = 0; at < n; at += RINGS_MAX)
		ring_others(b, rings + at, n - at < RINGS_MAX ? n - at : RINGS_MAX);
}

void bell_ring(struct bells *b, int64_t mailbox_id, int64_t folder_id)
{
	bell_ring_all(b, &(struct bell_ring){ mailbox_id, folder_id }, 1);
}

void bells_read(struct bells *b)
{
	struct bell_ring rings[RINGS_MAX];
	for (int i = 0; i < READ_MAX; i++) {
		ssize_t len = recv(b->fd, rings, sizeof rings, MSG_TRUNC);
		if (len < 0)
			return;
		size_t n = (size_t)len / sizeof *rings;
		for (size_t k = 0; k < n && n <= RINGS_MAX; k++)
			wake_watchers(b, rings[k].mailbox_id, rings[k].folder_id);
	}
}
