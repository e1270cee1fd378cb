/* The verdicts of mail authentication: the words of RFC 8601 §2.7, for every method alike. */
#pragma once

enum auth_result {
	AUTH_NONE,
	AUTH_PASS,
	AUTH_FAIL,
	AUTH_SOFTFAIL,
	AUTH_NEUTRAL,
	AUTH_POLICY,
	AUTH_TEMPERROR, /* DNS did not answer: never a reason to refuse for good */
	AUTH_PERMERROR,
};

/* "none", "pass", ... */
const char *auth_result_name(enum auth_result result);
