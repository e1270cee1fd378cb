/*
 * POP3 (RFC 1939, 2449 CAPA, 2595 STLS, 3206 [AUTH] [SYS/...], 5034 AUTH, 6856 UTF8).
 *
 * A session sees INBOX as it was at log-in: an immutable snapshot, and an exclusive lease on the
 * mailbox so that two POP3 sessions cannot disturb each other. Messages marked by DELE are removed
 * in one go by QUIT and by nothing else; a lost connection removes nothing. What IMAP has removed
 * meanwhile is an error for that message only. Log-in over TLS, or from plaintext_networks.
 */
#pragma once

#include "mailcore/directory/directory.h"
#include "mailcore/net/loop.h"
#include "mailcore/store/store.h"

#define POP3_LINE_MAX      2048 /* RFC 2449: 255; passwords may be long */
#define POP3_AUTH_LINE_MAX 12288
#define POP3_ERRORS_MAX    20
#define POP3_LEASE_SPARE_S 60 /* the lease outlives the idle time-out by this */

extern const struct protocol pop3_protocol;

/* What a listener gives to its sessions (loop_listen's arg). */
struct pop3_options {
	const char *hostname;
	struct directory *directory;
	struct store *store;
	int64_t timeout_ms;
	const struct net_list *plaintext_networks; /* may be NULL */
};
