/*
 * Dynamic updates of a zone (RFC 2136), signed with TSIG HMAC-SHA256 (RFC 8945): building the request,
 * checking the answer, and reading a set of records as its bytes. Pure; update_send.c talks.
 *
 * Limits: a message of 65,535 bytes, UPDATE_LINES_MAX lines, data of UPDATE_DATA_MAX bytes, sets of
 * UPDATE_SET_MAX records. Linear.
 */
#pragma once

#include "mailcore/net/dns_message.h"

#define UPDATE_MESSAGE_MAX 65535
#define UPDATE_LINES_MAX   400
#define UPDATE_DATA_MAX    8192
#define UPDATE_SET_MAX     64
#define TSIG_MAC_BYTES     32
#define TSIG_SECRET_MAX    128
#define TSIG_FUDGE_S       300

struct tsig_key {
	struct dns_name name;
	struct span secret;
};

/* Prerequisites first: an update is done when all of them hold, or not at all. */
enum update_op {
	UPDATE_NEED_NONE, /* there is no record of this name and type */
	UPDATE_NEED_FREE, /* the name has no records at all */
	UPDATE_NEED_THIS, /* one of the records that the set consists of: name them all */
	UPDATE_ADD,
	UPDATE_DELETE, /* this very record */
};
struct update_line {
	enum update_op op;
	struct dns_name name;
	enum dns_type type;
	uint32_t ttl;
	struct span data; /* wire form, names uncompressed */
};

/* Signed at now_s; *out_mac is wanted for the answer. False: too long. */
MUST_CHECK bool update_build(struct str *out, const struct dns_name *zone, uint16_t id,
	const struct update_line *lines, size_t n, const struct tsig_key *key, int64_t now_s,
	unsigned char out_mac[static TSIG_MAC_BYTES]);

enum update_answer {
	UPDATE_DONE,
	UPDATE_CHANGED,   /* a prerequisite did not hold: the zone is not as it was seen */
	UPDATE_REFUSED,   /* the server does not let this key change the zone */
	UPDATE_BAD_KEY,   /* it does not know the key, or has another secret */
	UPDATE_BAD_TIME,  /* the clocks differ by more than five minutes */
	UPDATE_FAILED,    /* the server could not */
	UPDATE_UNREADABLE /* no answer of the server that we know: malformed, not signed, not ours */
};
enum update_answer update_answer_parse(struct span message, uint16_t id, const struct tsig_key *key,
	const unsigned char request_mac[static TSIG_MAC_BYTES], int64_t now_s);

/* What a zone file says, as bytes: A, AAAA, CNAME, MX, SRV, TXT (without quotes), CAA, TLSA. */
MUST_CHECK bool update_data_of(
	struct arena *a, enum dns_type type, struct span value, struct span *out);

struct update_set {
	bool exists;                      /* the name has records of some kind */
	bool is_alias;                    /* it is a CNAME, and that is not what was asked for */
	struct span data[UPDATE_SET_MAX]; /* as update_line.data */
	uint32_t ttl;
	size_t len;
};
/* The records of that name and type in an authoritative answer. False: malformed, not an answer, or
 * more than fit. Memory: the arena. */
MUST_CHECK bool update_set_parse(struct arena *a, struct span message, const struct dns_name *name,
	enum dns_type type, struct update_set *out);
