/*
 * Queries to recursive servers through c-ares, in a thread of its own: retries, several servers,
 * TCP when an answer is truncated.
 */
#pragma once

#include "mailcore/net/dns_message.h"

struct dns_transport;

enum dns_outcome {
	DNS_REPLIED, /* some server said something; it need not be an answer */
	DNS_SILENCE, /* no server could be reached */
	DNS_STOPPED, /* the transport closes */
};

/* On the transport's thread; reply is borrowed. Must not call the transport. */
typedef void dns_done(void *arg, void *token, enum dns_outcome outcome, struct span reply);

/* servers: "192.0.2.1:53,[2001:db8::1]:53", empty: the system's. Never fails. */
struct dns_transport *dns_transport_open(
	const char *servers, int64_t timeout_ms, dns_done *done, void *arg);
/* Calls done for what is in flight. */
void dns_transport_close(struct dns_transport *t);
/* From any thread. done is called once for it. */
void dns_transport_send(
	struct dns_transport *t, const struct dns_name *name, enum dns_type type, void *token);
