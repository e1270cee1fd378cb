/* `check spf` and `check auth`: one sender, one message, judged as the server does it. */
#pragma once

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct cJSON;

struct check_auth_ask {
	const char *ip, *from, *helo; /* NULL: not given */
	const char *server;           /* NULL: the system's resolvers */
};

/* RC_INVALID: err says what is wrong with the question. The caller deletes *out. */
MUST_CHECK enum rc check_spf(const struct check_auth_ask *ask, struct cJSON **out, struct err *err);
MUST_CHECK enum rc check_auth(
	const struct check_auth_ask *ask, struct span message, struct cJSON **out, struct err *err);
