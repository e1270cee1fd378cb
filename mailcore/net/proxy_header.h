/*
 * The PROXY protocol header, versions 1 and 2, as HAProxy's specification (2.8) defines it.
 *
 * Pure: bytes in, addresses out. Limits: 107 bytes for version 1, 536 for version 2 (a header
 * with more TLVs than that is refused; TLVs are skipped). Strict: a version 1 line ends in CRLF,
 * single spaces, canonical ports; an unknown version, command or family is malformed.
 */
#pragma once

#include "mailcore/net/addr.h"

#define PROXY_HEADER_MAX 536

enum proxy_result {
	PROXY_WAIT,  /* could still become a header: read on */
	PROXY_OK,    /* src and dst are set */
	PROXY_LOCAL, /* LOCAL or UNKNOWN: keep the socket's addresses */
	PROXY_MALFORMED,
};

struct proxy_header {
	struct addr src, dst;
	size_t len; /* bytes of the header; what follows is the client's */
};

/* out is written for PROXY_OK; for PROXY_LOCAL only its len. */
enum proxy_result proxy_header_parse(struct span in, struct proxy_header *out);
