/* An update over TCP: length, message, length, message. */
#include "mailcore/net/update_send.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"

static bool wait_for(int fd, short events, int64_t end_ms)
{
	int64_t left = end_ms - clock_mono_ms();
	struct pollfd p = { .fd = fd, .events = events };

	return left > 0 && poll(&p, 1, (int)left) == 1;
}

static bool connected(int fd, int64_t end_ms)
{
	int error = 0;
	socklen_t len = sizeof error;

	return wait_for(fd, POLLOUT, end_ms) &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static bool send_all(int fd, struct span text, int64_t end_ms)
{
	while (text.len > 0) {
		ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
		if (n > 0)
			text = span_from(text, (size_t)n);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
			!wait_for(fd, POLLOUT, end_ms))
			return false;
	}
	return true;
}

static bool receive(int fd, char *out, size_t len, int64_t end_ms)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = recv(fd, out + got, len - got, 0);
		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
			!wait_for(fd, POLLIN, end_ms))
			return false;
	}
	return true;
}

static bool talk(struct ctx *ctx, int fd, struct span request, int64_t end_ms, struct span *out)
{
	char length[2] = { (char)(request.len >> 8), (char)request.len };

	if (!send_all(fd, span_make(length, 2), end_ms) || !send_all(fd, request, end_ms) ||
		!receive(fd, length, 2, end_ms))
		return false;
	size_t len = (size_t)((unsigned char)length[0] << 8 | (unsigned char)length[1]);
	char *reply = arena_alloc(ctx->arena, len + 1);
	if (!receive(fd, reply, len, end_ms))
		return false;
	*out = span_make(reply, len);
	return true;
}

enum rc update_exchange(struct ctx *ctx, const struct addr *server, struct span request,
	int64_t timeout_ms, struct span *out_reply)
{
	int64_t end_ms = clock_mono_ms() + timeout_ms;
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(server, &to);
	AUTO(close_fd)
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (end_ms > ctx->deadline_ms)
		end_ms = ctx->deadline_ms;
	if (fd < 0 || request.len > UPDATE_MESSAGE_MAX)
		return RC_TEMP;
	if (connect(fd, (struct sockaddr *)&to, len) != 0 &&
		(errno != EINPROGRESS || !connected(fd, end_ms)))
		return RC_TEMP;
	return talk(ctx, fd, request, end_ms, out_reply) ? RC_OK : RC_TEMP;
}
