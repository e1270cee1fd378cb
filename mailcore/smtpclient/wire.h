/*
 * The bytes of a client's connection: socket, TLS, buffers, deadlines. Knows nothing of SMTP.
 *
 * Every function that waits does so until its deadline, looks at `cancelled` every second, and
 * leaves in `why` what went wrong, in words for people. The socket never blocks.
 */
#pragma once

#include "mailcore/base/rc.h"
#include "mailcore/base/str.h"
#include "mailcore/net/addr.h"

#define WIRE_IN_MAX  (64UL * 1024)
#define WIRE_OUT_MAX (256UL * 1024)

struct tls;
struct tls_client_options;

struct wire {
	int fd;
	struct tls *tls;  /* NULL: clear text */
	struct str in;    /* arrived, not yet taken */
	struct str out;   /* to be sent by wire_flush */
	int64_t until_ms; /* no deadline is later; 0: none such */
	bool (*cancelled)(void *arg);
	void *cancelled_arg;
	int64_t cancelled_at_ms; /* 0: not yet seen */
	int64_t cancel_grace_ms; /* goes on that long after having been cancelled */
	bool tls_failed;
	char why[200];
};

void wire_init(struct wire *w);
void wire_done(struct wire *w);
/* RC_TEMP: not reached. bind family 0: any of ours. */
MUST_CHECK enum rc wire_connect(
	struct wire *w, const struct addr *peer, const struct addr *bind, int64_t wait_ms);
/* A handshake as the client. What had arrived before is dropped. RC_TEMP with tls_failed. */
MUST_CHECK enum rc wire_start_tls(
	struct wire *w, const struct tls_client_options *options, int64_t wait_ms);
/* Sends all of `out`; takes what arrives meanwhile. RC_TEMP: time-out; RC_CLOSED. */
MUST_CHECK enum rc wire_flush(struct wire *w, int64_t wait_ms);
/* Waits for more input. RC_TEMP: time-out; RC_CLOSED: the peer has gone; RC_LIMIT: `in` is full. */
MUST_CHECK enum rc wire_fill(struct wire *w, int64_t deadline_ms);
/* Takes what is there without waiting; false: the connection is dead. */
bool wire_poll(struct wire *w);
/* now + wait_ms, not after until_ms. */
int64_t wire_deadline(const struct wire *w, int64_t wait_ms);
