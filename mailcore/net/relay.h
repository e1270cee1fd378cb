/*
 * TLS in front of libmicrohttpd: a connection of the loop, decrypted, relayed over a socket pair.
 *
 * One TLS stack and certificate store for all protocols, absolute deadlines and address limits
 * before the HTTP parser, and a strict look at each request head: bare LF, NUL, obs-fold, space
 * before the colon, both Content-Length and Transfer-Encoding, two lengths, two Hosts, a head
 * above 32 KiB are answered 400 and closed here (request smuggling), because the HTTP library is
 * lenient.
 */
#pragma once

#include "mailcore/net/loop.h"

/* Called on a worker for each connection, when its first request head has passed, with the other
 * end of the socket pair (non-blocking), which it then owns; false closes the connection. */
typedef bool relay_accept(int fd, const struct addr *peer, bool tls, void *arg);

/* Relayed listener; tls NULL: plain HTTP. */
void relay_listen(struct loop *l, int fd, const char *name, struct tls_store *tls,
	relay_accept *accept, void *arg);
