/*
 * Inside of the loop: shared by loop.c, listener.c, worker.c, conn*.c and relay.c only.
 *
 * Threads: the loop thread (loop_run) accepts, fires timers and watches the role's own
 * descriptors. The workers sleep in epoll_wait on the set of all connections; the one that gets
 * an event reads, runs the steps, writes, and re-arms the connection (EPOLLONESHOT). There is no
 * hand-over between an I/O thread and a worker, so a step costs one wake-up.
 *
 * Who owns a connection is one atomic word, conn.state: generation << 32 | bits. Whoever turns
 * BIT_BUSY on owns it. Others who want something leave a bit; the owner gives the connection
 * back by a compare-and-swap that fails when a bit has come in, and then looks again. Memory of
 * connections is reused for connections only and never freed before loop_free, so a late epoll
 * event can hit a closed or a new connection: it is a spurious event, which every phase bears.
 *
 * Lock order: timers_lock or pool_lock, then queue_lock. Timers fire under timers_lock.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "mailcore/base/list.h"
#include "mailcore/base/map.h"
#include "mailcore/net/loop.h"
#include "mailcore/net/timer.h"
#include "mailcore/net/tls_conn.h"
#include "mailcore/net/zip.h"

#define IN_CHUNK          (64 * 1024)  /* a worker's input buffer, lent to the connection it runs */
#define OUT_KEEP_MAX      (256 * 1024) /* an output buffer up to this size is kept by the worker */
#define OUT_HIGH_DEFAULT  (256 * 1024)
#define OUT_EXTRA         (8 * 1024 * 1024)
#define POSTS_MAX         10000
#define POOL_CHUNK        64 /* connections allocated at a time */
#define CONN_ID_LEN       10
#define STRESS_TIMEOUT_MS 10000
#define STRESS_EVERY_MS   1000

enum {
	BIT_BUSY = 1,   /* somebody owns it */
	BIT_LIVE = 2,   /* it is a connection, not spare memory */
	BIT_EVENT = 4,  /* epoll said something while it was busy */
	BIT_WAKE = 8,   /* conn_wake */
	BIT_TIMER = 16, /* the timer fired: look at the clock */
	BIT_STOP = 32,  /* the role stops */
	BIT_PAIR = 64,  /* as BIT_EVENT, from the second descriptor (relay.c) */
};
#define BITS_NEWS (BIT_EVENT | BIT_WAKE | BIT_TIMER | BIT_STOP | BIT_PAIR)

struct worker;

/* Something in the run queue. */
struct work {
	struct work *next;
	void (*run)(struct worker *w, struct work *work);
};

struct listener {
	struct listener *next;
	struct loop *loop;
	int fd;
	const char *name;
	const struct protocol *protocol;
	struct tls_store *tls;
	bool implicit_tls;
	void *arg;
	bool relayed; /* relay.c runs it, and arg is on the heap */
};

enum phase {
	PHASE_PROXY,     /* reads the PROXY header */
	PHASE_HANDSHAKE, /* TLS */
	PHASE_OPEN,      /* open() or opened() is next */
	PHASE_RUN,
	PHASE_RELAY,  /* HTTP bytes to and fro */
	PHASE_LINGER, /* session gone; reads until the peer has seen our last words */
};

/* What came of a phase: run the next, wait for events and timer, or the end. */
enum verdict { GO_ON, WAIT, GONE };

/* What the last step asked for. */
enum next { NEXT_FRAME, NEXT_MORE, NEXT_TLS, NEXT_ZIP, NEXT_CLOSE };

struct conn {
	_Atomic uint64_t state;
	struct work work;
	struct timer timer;
	_Atomic int64_t deadline_ms;
	int64_t resume_ms;     /* 0: no delay */
	int64_t span_ms;       /* of the deadline; 0: absolute, set when accepted */
	struct worker *worker; /* who owns it; NULL: nobody, or the loop */
	struct listener *listener;
	void *session;
	struct tls *tls;
	struct zip *zip; /* DEFLATE is on */

	char *in;
	size_t in_cap, in_pos, in_len; /* unread input is [in_pos, in_len) */
	size_t scanned;                /* the framer's */
	size_t frame_len;              /* of the frame that run() has */
	struct str out;
	size_t out_pos;       /* sent */
	int64_t out_since_us; /* when the oldest unsent reply was written */
	int64_t rested_us;    /* when it was last given back, to tell a quick client */

	struct addr peer, local;
	int fd;
	uint8_t phase, next;
	uint8_t news;         /* bits taken from state and not yet served */
	uint8_t want;         /* EPOLLIN | EPOLLOUT: what it waits for */
	uint8_t armed;        /* what epoll has been asked for; 0: nothing */
	bool registered : 1;  /* in the epoll set */
	bool drained : 1;     /* the last read left nothing behind */
	bool out_blocked : 1; /* the socket is full */
	bool opened : 1;      /* open() was called: close() will be */
	bool was_tls : 1;     /* STARTTLS happened: opened() instead of open() */
	bool timed_out : 1;
	bool exempt : 1;
	bool counted : 1; /* in the count of its address */
	bool proxied : 1;
	bool stranger : 1; /* and will not log in */
	bool hurried : 1;  /* its deadline has been moved by stress */
	bool quick : 1;    /* it answered its last reply at once */
	char id[CONN_ID_LEN + 1];
	uint32_t lingered; /* bytes thrown away */
	struct conn *free_next;
};

struct worker {
	struct loop *loop;
	pthread_t thread;
	struct ctx ctx;
	struct arena arena;
	char *spare_in; /* IN_CHUNK bytes, or NULL while lent */
	char *spare_out;
	size_t spare_out_cap;
	int64_t mono_us; /* the clock as last read */
	_Atomic uint64_t steps, step_us;
};

struct pool_chunk {
	struct pool_chunk *next;
	struct conn conns[POOL_CHUNK];
};

struct periodic {
	struct periodic *next;
	struct loop *loop;
	struct timer timer;
	struct work work;
	int64_t period_ms;
	void (*fn)(struct ctx *ctx, void *arg);
	void *arg;
	_Atomic bool running;
};

struct watch {
	struct watch *next;
	int fd;
	void (*fn)(int fd, void *arg);
	void *arg;
};

struct loop {
	struct loop_options options;
	struct net_list exempt, proxies;
	struct listener *listeners;
	struct periodic *periodics;
	struct watch *watches;
	struct worker *workers;
	unsigned n_workers;

	int loop_epoll; /* the loop thread's: listeners, watches, alarm_fd */
	int alarm_fd;   /* wakes the loop thread */
	int conn_epoll; /* the workers': connections, kick_fd */
	int kick_fd;    /* wakes one worker */
	int reserve_fd; /* given up for a moment when descriptors run out */

	pthread_mutex_t queue_lock;
	struct work *queue_head, **queue_tail;
	_Atomic size_t queue_len;
	_Atomic size_t posts;
	_Atomic unsigned idle; /* workers in epoll_wait */
	_Atomic bool kicked;   /* one of them is being woken */

	pthread_mutex_t timers_lock;
	struct timers timers;
	int64_t sleep_until_ms; /* of the loop thread; guarded by timers_lock */

	pthread_mutex_t pool_lock;
	struct pool_chunk *chunks;
	struct conn *free_conns;
	struct map per_addr;
	uint64_t id_seed, id_next;
	_Atomic size_t n_conns;

	_Atomic int64_t stop_grace_ms; /* -1: run on */
	_Atomic bool stopping;         /* no new connections */
	_Atomic bool dropping;         /* the grace is over */
	_Atomic bool ended;            /* workers: go home */
	_Atomic uint64_t accepted, refused, timeouts;
	_Atomic size_t conns_tls;
	bool accept_paused;
	int64_t accept_resume_ms;
};

/* --- worker.c --------------------------------------------------------------------------------- */

void workers_start(struct loop *l);
/* Lets them end when the queue is empty, and waits for them. */
void workers_join(struct loop *l);
/* Appends to the run queue and wakes a worker if one sleeps. */
void queue_push(struct loop *l, struct work *work);
/* Fills the worker's ctx for a step; step_end resets the arena and counts. */
struct ctx *step_begin(struct worker *w, const char *trace);
void step_end(struct worker *w);

/* --- loop.c ----------------------------------------------------------------------------------- */

/* Sets the timer and wakes the loop thread if it would sleep too long. */
void loop_set_timer(struct loop *l, struct timer *t, int64_t at_ms);
void loop_cancel_timer(struct loop *l, struct timer *t);
void loop_alarm(struct loop *l);

/* --- listener.c ------------------------------------------------------------------------------- */

void listeners_arm(struct loop *l, bool on);
/* Takes what waits in the backlog; bounded. */
void listener_accept(struct listener *li);
/* The one line that a refused client gets, without waiting. */
void refuse(int fd, const struct listener *li);

/* --- conn.c: life, ownership ------------------------------------------------------------------ */

/* NULL: the limit is reached. The caller owns it. */
struct conn *conn_new(struct loop *l, struct listener *li, int fd);
/* By the owner: ends the session, closes the socket, returns the memory. */
void conn_end(struct conn *c);
/* The protocol's last call, if it had a first. */
void conn_end_session(struct conn *c);
/* Counts the connection's address; false: it has too many already. */
bool conn_count_addr(struct conn *c);
/* Leaves bits; true when the caller thereby became the owner. */
bool conn_claim(struct conn *c, unsigned bits);
/* Takes the bits that were left. */
unsigned conn_take_news(struct conn *c);
/* Gives up ownership; false when news came in: still the owner. */
bool conn_release(struct conn *c);
/* Has the owner (the loop thread) hand it to the workers. */
void conn_enqueue(struct conn *c);
/* Asks the socket for events. */
void conn_arm(struct conn *c, unsigned events);
/* Marks every live connection; those that nobody owned are enqueued. */
void conns_mark_all(struct loop *l, unsigned bits);
/* Moves the deadline of a stranger nearer when places run short. */
void conn_feel_stress(struct conn *c);
/* A deadline of this connection counts that long at present. */
int64_t conn_patience(const struct conn *c, int64_t ms);
/* Now and then: lets all feel it. */
void stress_spread(struct ctx *ctx, void *loop);
/* Puts the timer where the next deadline or the end of a delay is. */
void conn_update_timer(struct conn *c);

/* --- conn_io.c: buffers and bytes ------------------------------------------------------------- */

size_t conn_out_high(const struct conn *c);
size_t conn_unsent(const struct conn *c);
/* Reads once; IO_OK: something new is in the buffer. */
enum io conn_fill(struct conn *c);
/* Writes until all is sent or the socket is full. */
enum io conn_send(struct conn *c);
struct span conn_input(const struct conn *c);
void conn_eat(struct conn *c, size_t len);
/* From here on both directions are packed; what was read already counts. */
void conn_start_zip(struct conn *c);
/* Returns lent buffers to the worker; a rest of input is copied into memory of its size. */
void conn_return_buffers(struct conn *c);
void conn_free_buffers(struct conn *c);

/* --- conn_run.c: the phases ------------------------------------------------------------------- */

/* The owner runs the connection until it waits for something or is closed. */
void conn_run(struct worker *w, struct conn *c);
/* The same as an item of the run queue. */
void conn_work(struct worker *w, struct work *work);
/* What a new connection begins with. */
void conn_begin(struct conn *c);
/* GO_ON: from now on it only sends what waits, and closes. */
enum verdict conn_close_after_output(struct conn *c);

/* --- relay.c ---------------------------------------------------------------------------------- */

enum verdict run_relay(struct conn *c);
