/*
 * The one error vocabulary.
 *
 * One way to fail: return bool. Several: return enum rc. Outputs are written only on success.
 * RC_TEMP is never the caller's fault (database away, DNS time-out, disk full) and must never
 * become a permanent refusal. RC_CLOSED: the peer has gone.
 * Each front end translates rc in exactly one place, with a switch without default.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK         __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

enum rc {
	RC_OK,
	RC_NOT_FOUND,
	RC_EXISTS,
	RC_INVALID,
	RC_DENIED,
	RC_LIMIT,
	RC_CONFLICT,
	RC_TEMP,
	RC_CLOSED,
};

/* A stable lower-case word for logs: "ok", "not_found", ... */
const char *rc_name(enum rc rc);

/* A sentence for a person, set where the reason is known. `field` names the input, or "". */
struct err {
	enum rc rc;
	char field[64];
	char text[256];
};

/* Fills *err (which may be NULL) and returns rc. Text longer than the buffer is cut at a
 * character boundary. The sentence is shown to users: plain words, a full stop at the end. */
enum rc err_set(struct err *err, enum rc rc, const char *field, const char *fmt, ...) PRINTF(4, 5);

/* Our own bugs only; always on; never about input from a peer. */
#define ASSERT(cond) ((cond) ? (void)0 : assert_failed(#cond, __FILE__, __LINE__, __func__))
_Noreturn void assert_failed(const char *cond, const char *file, int line, const char *func);
