/*
 * Who may: log-in (token or session), role, scope, and protection against forged requests.
 *
 * Bearer tokens and cookies are looked up at every request: what was revoked is refused at once. A
 * request with both is refused. Unsafe methods of cookie sessions need the CSRF token (form field
 * "csrf" or X-CSRF-Token) and an Origin of ours.
 */
#pragma once

#include "backend/http/router.h"

/* Before the body is looked at. True: r->actor, r->session and the database's tenant are set as
 * far as somebody is logged in. False: *out says why not. */
MUST_CHECK bool guard_admit(struct req *r, struct problem *out);
/* After the form was read. */
MUST_CHECK bool guard_check_origin(struct req *r, struct problem *out);
