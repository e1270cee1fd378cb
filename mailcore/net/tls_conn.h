/*
 * One connection's TLS, for the loop only. Every function is non-blocking and clears OpenSSL's
 * error queue of the thread first, because SSL_get_error looks at it: without that one peer's
 * broken connection takes innocent ones with it.
 *
 * A struct tls may move between threads but is used by one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/net/tls.h"

#define TLS_BINDING_SIZE 32

/* What came of an attempt to move bytes; also used for plain sockets. */
enum io {
	IO_OK,         /* *out_n bytes were moved */
	IO_WANT_READ,  /* again when the socket is readable */
	IO_WANT_WRITE, /* again when the socket is writable */
	IO_EOF,        /* the peer has ended its side */
	IO_FAILED,     /* the connection is of no more use */
};

/* service binds session tickets to a listener. alpn: the protocol's name in ALPN; a client that
 * offers ALPN without it is refused (ALPACA). Both must outlive the connection. NULL when out of
 * resources. */
struct tls *tls_accept_new(struct tls_store *s, int fd, const char *service, const char *alpn);
void tls_free(struct tls *t);
enum io tls_handshake(struct tls *t);
/* Why the handshake failed, in OpenSSL's words, for the log. */
const char *tls_failure(struct tls *t);
enum io tls_read(struct tls *t, char *buf, size_t size, size_t *out_n);
enum io tls_write(struct tls *t, const char *buf, size_t len, size_t *out_n);
/* Bytes were taken off the socket that tls_read has not given out: read on before waiting. */
bool tls_has_pending(const struct tls *t);
/* Sends close_notify if the socket takes it. */
void tls_say_goodbye(struct tls *t);
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);
/* tls-exporter (RFC 9266); false: not with this version of TLS. */
bool tls_binding(const struct tls *t, unsigned char out[TLS_BINDING_SIZE]);
