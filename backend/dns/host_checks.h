/*
 * The mail server behind a domain: its addresses' names lead back, its port 25 answers and encrypts,
 * nobody lists it. By the recursive resolver, and by connecting.
 *
 * Addresses of private networks that are not ours are left alone: a zone must not make us knock there.
 * Limits: 4 addresses of mail servers, 16 of our own, 16 lists.
 */
#pragma once

#include "backend/dns/closer.h"

struct host_ask {
	uint16_t smtp_port; /* 0: do not connect */
	const char
		*lists; /* "zone=points,..." as mail.dns_lists; those with points above 0 count */
};

/* Adds checks "reverse", "mail-server", "blocklist" at records->checks, up to max in all. */
void host_checks(
	const struct closer *c, const struct host_ask *ask, struct records *records, size_t max);
