/* A small line protocol on the real loop, and a blocking client for it. */
#pragma once

#include "tests/unit/cmocka_all.h"

#include <openssl/ssl.h>

#include "mailcore/net/loop.h"
#include "mailcore/net/tls.h"

/*
 * Commands, one a line:
 *   anything else     the line again
 *   BIG n             n lines of 80 bytes, in portions
 *   TLS               "go", then the handshake
 *   QUIT              "bye", close
 *   DROP              close at once
 *   REF               conn_wake(echo_ref) makes it say "* wake"
 *   DEADLINE ms       then "* late" and close
 *   DELAY ms          the next command waits
 *   SLOW ms           the worker sleeps
 *   WHO               peer address, local port
 *   SEEN              bytes buffered behind this command
 */
struct echo {
	struct loop *loop;
	struct tls_store *tls;
	pthread_t thread;
	char dir[32];
	uint16_t port;     /* clear, with STARTTLS */
	uint16_t tls_port; /* implicit TLS */
	int fds[2];
};

/* options may be NULL; zero in it: something sensible. */
void echo_start(struct echo *e, const struct loop_options *options);
/* The same in two halves: more can be listened to in between. */
void echo_prepare(struct echo *e, const struct loop_options *options);
void echo_prepare_sni(struct echo *e, const char *sni_dir);
void echo_run_loop(struct echo *e);
/* A listening socket on a loopback port that the kernel chooses. */
int listen_somewhere(uint16_t *port);
/* Stops and waits. */
void echo_stop(struct echo *e, int64_t grace_ms);

extern struct conn_ref *_Atomic echo_ref;
extern _Atomic int echo_opened, echo_closed;

struct client {
	int fd;
	SSL *ssl;
	char buf[4096];
	size_t len;
};

/* Greeting read and checked. */
void client_open(struct client *c, const struct echo *e, bool tls);
/* Connected, nothing read. */
void client_connect(struct client *c, uint16_t port);
/* The same with a socket that is there already. */
void client_connect_fd(struct client *c, uint16_t port);
void client_start_tls(struct client *c);
void client_send(struct client *c, const char *text);
void client_send_bytes(struct client *c, const void *bytes, size_t len);
/* Whatever comes next goes behind what is in c->buf; false at the end. */
bool client_read(struct client *c);
/* The next line without its end; NULL at the end of the connection or after five seconds. */
const char *client_line(struct client *c, char *out, size_t cap);
void client_expect(struct client *c, const char *line);
/* Nothing more comes: end of file within five seconds. */
void client_expect_end(struct client *c);
void client_close(struct client *c);
