/*
 * What each of a zone's own servers says of the wanted records, and what the recursive resolver says.
 *
 * A side that was not asked, did not answer or sends us elsewhere (an alias out of the zone, a
 * delegation below it) has no opinion; then the resolver's answer stands for it.
 */
#pragma once

#include "backend/dns/authority.h"
#include "backend/dns/records.h"

#define SIDE_RESOLVER SIZE_MAX

struct side_question; /* sides.c */

struct sides {
	struct ctx *ctx;
	struct resolver *resolver;
	const struct authority *authority;
	struct side_question *questions; /* of one side after the other */
	size_t n_each;                   /* of every side */
	const struct authority_server *servers[AUTHORITY_SERVERS_MAX]; /* that have the zone */
	size_t n_servers;
	struct dns_direct *soa; /* of the zone, at the recursive servers: checked, unchecked */
};

/* Asks them all at the same time; the resolver's answers are fresh then too. */
void sides_ask(struct resolver *r, struct ctx *ctx, const struct authority *authority,
	const struct records *records, struct sides *out);

/* What the server says: RC_OK, RC_NOT_FOUND; RC_TEMP: no opinion (out->cname: but an alias
 * that leads out of the zone). */
enum rc sides_answer(const struct sides *s, size_t server, struct span name, enum dns_type type,
	struct dns_answer *out);
/* Does the server say what the resolver says, as far as the record goes? */
bool sides_agree(const struct sides *s, size_t server, const struct record *r);
/* Has the server an opinion about the record? */
bool sides_knows(const struct sides *s, size_t server, const struct record *r);
/* For how long caches may keep what the resolver says now; 0: it says nothing. */
int64_t sides_forget_s(const struct sides *s, const struct record *r);

/* [{"server","address","said","ttl","ms","raw"}]: the resolver first. */
struct cJSON *sides_json(const struct sides *s, const struct record *r);
/* "ns1.example.net (192.0.2.53)" */
struct span server_text(struct arena *a, const struct authority_server *server);
/* A reply's sections as dig would show them, cut at 4,000 bytes. */
struct span message_text(struct arena *a, struct span message);
