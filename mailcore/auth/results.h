/* The verdicts of mail authentication for one message, and their header (RFC 8601). Filled by spf,
 * dkim, dmarc, arc, iprev; results of checks that did not run are AUTH_NONE and not written. */
#pragma once

enum auth_result {
	AUTH_NONE,
	AUTH_PASS,
	AUTH_FAIL,
	AUTH_SOFTFAIL,
	AUTH_NEUTRAL,
	AUTH_POLICY,
	AUTH_TEMPERROR,
	AUTH_PERMERROR,
};
