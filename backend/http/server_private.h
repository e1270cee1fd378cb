/* Between server.c and sse.c: nobody else's business. */
#pragma once

#include <pthread.h>

#include "backend/http/dispatch.h"
#include "backend/http/server.h"
#include "backend/http/sse.h"
#include "mailcore/base/list.h"

/* All open streams of a server. */
struct streams {
	struct loop *loop;
	pthread_mutex_t
		lock; /* the list; a stream's own lock is taken inside it, never around it */
	struct list list;
	size_t count;
};

void streams_init(struct streams *all, struct loop *loop);
/* After the loop has ended and the daemons have stopped. */
void streams_done(struct streams *all);
/* Heartbeats and ends; every few seconds. */
void streams_tick(struct streams *all, int64_t now_ms);
void streams_close_all(struct streams *all);

struct streams *server_streams(struct server *s);

/* For server.c. conn: what server_park and server_unpark take. */
void sse_attach(struct sse *s, void *conn);
/* The connection is gone; close() follows. */
void sse_detach(struct sse *s);
/* The handler failed after reply_sse: close() follows. */
void sse_abandon(struct sse *s);
/* Copies what waits. 0: parked until something is there; -1: the end. */
long sse_read(struct sse *s, char *buf, size_t max);

/* The library's suspend and resume. */
void server_park(void *conn);
void server_unpark(void *conn);
