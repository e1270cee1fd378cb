/*
 * A server that takes all our mail, or all mail of a domain: smtp://user:password@host:port.
 *
 * smtp: STARTTLS is demanded when there is a user, else taken when offered; smtps: TLS from the
 * first byte. With a user, or with smtps, the certificate must be good for the host; a host given
 * as a loopback address is exempt from both. user and password may be percent-encoded.
 */
#pragma once

#include "mailcore/base/rc.h"
#include "mailcore/base/secret.h"
#include "mailcore/base/span.h"

#define SMARTHOST_URL_MAX 1024

struct smarthost {
	char host[256]; /* name or bare address, lower case */
	uint16_t port;  /* 25, 465 for smtps, when not given */
	bool implicit_tls;
	char user[256]; /* empty: no log-in */
	struct secret password;
};

/* RC_INVALID: err says what is wrong with it, without the password. Free with smarthost_done. */
MUST_CHECK enum rc smarthost_parse(struct span url, struct smarthost *out, struct err *err);
void smarthost_done(struct smarthost *s);
