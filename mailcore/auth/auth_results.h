/*
 * Authentication-Results (RFC 8601): the field's value, written and read. Pure.
 *
 * Linear; comments may be nested 10 deep, what is deeper ends the reading.
 */
#pragma once

#include "mailcore/auth/verify.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/str.h"

#define AUTH_RESULTS_MAX ((size_t)16 * 1024)

/* Appends the value: our name, and one result for each method and signature. All of it is ASCII;
 * what others have said about themselves is quoted or left out. */
void auth_results_add(struct str *out, const char *hostname, const struct auth_query *query,
	const struct auth_verdicts *verdicts);

/* The first result of this method ("dmarc") in a value that somebody else has written. Memory: the
 * arena. False: there is none, or the value cannot be read up to there. */
MUST_CHECK bool auth_results_find(
	struct arena *a, struct span value, struct span method, struct span *out_result);
