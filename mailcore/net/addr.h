/* Network addresses and networks, IPv4 and IPv6. IPv4-mapped IPv6 is IPv4. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

struct addr {
	int family; /* AF_INET, AF_INET6; AF_UNSPEC: unknown */
	uint8_t bytes[16];
	uint16_t port; /* 0: none */
};

struct net {
	struct addr addr;
	uint8_t bits;
};

/* Network byte order: 4 bytes for AF_INET, 16 for AF_INET6. */
void addr_from_bytes(int family, const void *bytes, struct addr *out);
void addr_from_sockaddr(const struct sockaddr *sa, struct addr *out);
/* 192.0.2.1 or 2001:db8::1, no brackets, no port. */
MUST_CHECK bool addr_parse(struct span text, struct addr *out);
/* 192.0.2.1:25 or [2001:db8::1]:25 */
MUST_CHECK bool addr_parse_port(struct span text, uint16_t default_port, struct addr *out);
void addr_add(struct str *out, const struct addr *a);
/* As in SMTP and Received: [192.0.2.1], [IPv6:2001:db8::1]. */
void addr_add_literal(struct str *out, const struct addr *a);
MUST_CHECK bool addr_parse_literal(struct span text, struct addr *out);
bool addr_eq(const struct addr *a, const struct addr *b); /* ports apart */
bool addr_is_loopback(const struct addr *a);
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out);
/* 10.0.0.0/8; a bare address is a network of one. */
MUST_CHECK bool net_parse(struct span text, struct net *out);
bool net_has(const struct net *n, const struct addr *a);
/* Comma-separated list; malformed entries make it false. Empty text: an empty list. */
struct net_list {
	struct net nets[64];
	size_t len;
};
MUST_CHECK bool net_list_parse(struct span text, struct net_list *out);
bool net_list_has(const struct net_list *list, const struct addr *a);
