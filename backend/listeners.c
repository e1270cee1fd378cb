/* The listening sockets. */
#include "backend/listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/str.h"
#include "mailcore/net/addr.h"

#define BACKLOG 1024

static const struct {
	const char *name, *key, *role;
	uint16_t port;
} services[] = {
	{ "smtp", "listen.smtp", "mx", 25 },
	{ "submission", "listen.submission", "user", 587 },
	{ "submissions", "listen.submissions", "user", 465 },
	{ "imap", "listen.imap", "user", 143 },
	{ "imaps", "listen.imaps", "user", 993 },
	{ "pop3", "listen.pop3", "user", 110 },
	{ "pop3s", "listen.pop3s", "user", 995 },
	{ "http", "listen.http", "web", 80 },
	{ "https", "listen.https", "web", 443 },
};

static int bind_socket(const struct addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(addr, &sa);
	int fd = socket(addr->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* inherited by accept */
	if (addr->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, (struct sockaddr *)&sa, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

/* "*:25" is every address of both families. */
static int bind_text(struct span text, uint16_t default_port, bool *out_malformed)
{
	struct addr addr = { .family = AF_INET6 };
	uint64_t port = default_port;
	*out_malformed = false;

	if (span_starts(text, SPAN("*"))) {
		struct span rest = span_from(text, 1);
		if (rest.len > 0 &&
			(rest.ptr[0] != ':' || !span_u64(span_from(rest, 1), 65535, &port))) {
			*out_malformed = true;
			return -1;
		}
		addr.port = (uint16_t)port;
		int fd = bind_socket(&addr);
		if (fd >= 0 || errno != EAFNOSUPPORT)
			return fd;
		addr.family = AF_INET;
		return bind_socket(&addr);
	}
	if (!addr_parse_port(text, default_port, &addr)) {
		*out_malformed = true;
		return -1;
	}
	return bind_socket(&addr);
}

static const char *what_to_do(int why)
{
	switch (why) {
	case EADDRINUSE:
		return "another program listens there; stop it or choose another port";
	case EACCES:
	case EPERM:
		return "ports below 1024 need root; choose another port or start as root";
	case EADDRNOTAVAIL:
		return "this machine does not have that address";
	default:
		return strerror(why);
	}
}

static enum rc open_one(size_t service, struct span text, struct listeners *list, struct err *err)
{
	bool malformed;

	if (list->len == LISTENERS_MAX)
		return err_set(err, RC_LIMIT, services[service].key, "At most %d listeners.",
			LISTENERS_MAX);
	int fd = bind_text(text, services[service].port, &malformed);
	int why = errno;
	if (malformed)
		return err_set(err, RC_INVALID, services[service].key,
			"%s: \"" SPAN_FMT "\" is no address such as *:25 or 127.0.0.1:2025.",
			services[service].key, SPAN_ARG(text));
	if (fd < 0)
		return err_set(err, RC_CONFLICT, services[service].key,
			"Cannot listen on " SPAN_FMT " (%s): %s.", SPAN_ARG(text),
			services[service].key, what_to_do(why));
	list->items[list->len++] =
		(struct listener){ services[service].name, services[service].role, fd };
	return RC_OK;
}

enum rc listeners_open(struct launch *l, struct listeners *out, struct err *err)
{
	enum rc rc = RC_OK;
	out->len = 0;

	for (size_t i = 0; rc == RC_OK && i < sizeof services / sizeof services[0]; i++) {
		struct span rest = span_of(config_text(l->config, services[i].key)), part;
		while (rc == RC_OK && span_split(&rest, ',', &part)) {
			if (span_trim(part).len > 0)
				rc = open_one(i, span_trim(part), out, err);
		}
	}
	if (rc != RC_OK)
		listeners_close(out);
	return rc;
}

void listeners_close(struct listeners *list)
{
	for (size_t i = 0; i < list->len; i++)
		(void)close(list->items[i].fd);
	list->len = 0;
}
