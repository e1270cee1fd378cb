/* smtp_load: sends messages over persistent SMTP sessions and says how fast they were accepted.
 *
 * One thread per session, straight-line code, everything prepared before the clock starts: the
 * generator must never be what is measured. A message counts when its final reply is 250. With
 * --pipeline MAIL, RCPT and DATA go out in one write (RFC 2920), as Postfix and other relays send.
 * Without, every command waits for its reply. Recipients are taken in turn.
 *
 * Prints one JSON object. Exit status 1 if any message was not accepted. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS_MAX   1000
#define SIZE_MAX_BYTES (16 * 1024 * 1024)
#define REPLY_MAX      4096
#define LINE_LENGTH    76 /* of the filling text, CRLF included: 78 */

struct options {
	uint16_t port;
	long sessions;
	long messages; /* of all sessions together */
	long size_bytes;
	long recipients;     /* 0: the pattern has no number in it */
	const char *pattern; /* "bench%@example.test": % becomes 1…recipients */
	bool pipeline;
};

struct session {
	const struct options *options;
	pthread_t thread;
	int fd;
	long number;
	char reply[REPLY_MAX];
	size_t reply_used;
	char *body; /* filling text and the end-of-data mark */
	size_t body_bytes;
	long accepted;
	char failure[REPLY_MAX + 64];
};

static atomic_long next_message;
static pthread_barrier_t ready;

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool fail(struct session *s, const char *where, const char *what)
{
	snprintf(s->failure, sizeof(s->failure), "%s: %s", where, what);
	return false;
}

static bool write_all(struct session *s, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = send(s->fd, data, length, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(s, "write", strerror(errno));
		data += n;
		length -= (size_t)n;
	}
	return true;
}

/* One line out of the reply buffer into `line`, reading more as needed. */
static bool read_line(struct session *s, char *line, size_t line_max)
{
	for (;;) {
		char *end = memchr(s->reply, '\n', s->reply_used);
		if (end) {
			size_t length = (size_t)(end - s->reply) + 1;
			size_t kept = length < line_max ? length : line_max - 1;
			memcpy(line, s->reply, kept);
			line[kept] = '\0';
			s->reply_used -= length;
			memmove(s->reply, end + 1, s->reply_used);
			return true;
		}
		if (s->reply_used == sizeof(s->reply))
			return fail(s, "read", "the reply line is too long");
		ssize_t n =
			recv(s->fd, s->reply + s->reply_used, sizeof(s->reply) - s->reply_used, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(s, "read", n == 0 ? "the server closed" : strerror(errno));
		s->reply_used += (size_t)n;
	}
}

/* Reads a reply of one or more lines; it must begin with `code`. */
static bool expect(struct session *s, const char *where, char code)
{
	char line[512];

	do {
		if (!read_line(s, line, sizeof(line)))
			return false;
	} while (strlen(line) > 3 && line[3] == '-');
	if (line[0] != code)
		return fail(s, where, line);
	return true;
}

static bool command(struct session *s, const char *line, char code)
{
	return write_all(s, line, strlen(line)) && expect(s, line, code);
}

static bool greet(struct session *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(s->options->port) };
	struct timeval patience = { .tv_sec = 60 };
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		return fail(s, "connect", strerror(errno));
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return expect(s, "greeting", '2') && command(s, "EHLO bench.example\r\n", '2');
}

static void recipient_name(const struct options *o, long message, char *out, size_t out_max)
{
	const char *mark = strchr(o->pattern, '%');

	if (!mark || o->recipients == 0) {
		snprintf(out, out_max, "%s", o->pattern);
		return;
	}
	snprintf(out, out_max, "%.*s%ld%s", (int)(mark - o->pattern), o->pattern,
		message % o->recipients + 1, mark + 1);
}

static bool envelope(struct session *s, const char *recipient)
{
	char text[512];
	static const char mail[] = "MAIL FROM:<sender@bench.example>\r\n";

	if (s->options->pipeline) {
		int n = snprintf(text, sizeof(text), "%sRCPT TO:<%s>\r\nDATA\r\n", mail, recipient);
		return write_all(s, text, (size_t)n) && expect(s, "MAIL", '2') &&
			expect(s, "RCPT", '2') && expect(s, "DATA", '3');
	}
	snprintf(text, sizeof(text), "RCPT TO:<%s>\r\n", recipient);
	return command(s, mail, '2') && command(s, text, '2') && command(s, "DATA\r\n", '3');
}

static bool send_message(struct session *s, long message)
{
	char recipient[256];
	char head[1024];

	recipient_name(s->options, message, recipient, sizeof(recipient));
	if (!envelope(s, recipient))
		return false;
	int n = snprintf(head, sizeof(head),
		"From: Bench <sender@bench.example>\r\nTo: <%s>\r\nSubject: message %ld\r\n"
		"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <%ld.%ld@bench.example>\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
		recipient, message, (long)getpid(), message);
	return write_all(s, head, (size_t)n) && write_all(s, s->body, s->body_bytes) &&
		expect(s, "end of data", '2');
}

static void *run_session(void *argument)
{
	struct session *s = argument;
	bool alive = greet(s);

	pthread_barrier_wait(&ready);
	while (alive) {
		long message = atomic_fetch_add(&next_message, 1);
		if (message >= s->options->messages)
			break;
		alive = send_message(s, message);
		s->accepted += alive;
	}
	if (alive)
		(void)command(s, "QUIT\r\n", '2');
	if (s->fd >= 0)
		close(s->fd);
	return NULL;
}

/* Text that differs from line to line and session to session, so that nothing is smaller on disk
 * because the generator was lazy. */
static void fill_body(struct session *s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789";
	uint64_t state = 88172645463325252ULL + (uint64_t)s->number * 7919;
	size_t wanted = s->options->size_bytes > 512 ? (size_t)s->options->size_bytes - 300 : 212;

	s->body = malloc(wanted + LINE_LENGTH + 8);
	if (!s->body)
		abort();
	while (s->body_bytes < wanted) {
		for (int i = 0; i < LINE_LENGTH; i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			s->body[s->body_bytes++] = letters[state % (sizeof(letters) - 1)];
		}
		memcpy(s->body + s->body_bytes, "\r\n", 2);
		s->body_bytes += 2;
	}
	memcpy(s->body + s->body_bytes, ".\r\n", 3);
	s->body_bytes += 3;
}

static int report(const struct options *o, const struct session *sessions, double seconds)
{
	struct rusage used;
	long accepted = 0;

	for (long i = 0; i < o->sessions; i++) {
		accepted += sessions[i].accepted;
		if (sessions[i].failure[0] != '\0')
			fprintf(stderr, "session %ld: %s\n", i, sessions[i].failure);
	}
	getrusage(RUSAGE_SELF, &used);
	double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	printf("{\"accepted\": %ld, \"seconds\": %.6f, \"per_second\": %.1f, \"cpu_seconds\": %.3f, "
	       "\"pipelined\": %s}\n",
		accepted, seconds, (double)accepted / seconds, cpu, o->pipeline ? "true" : "false");
	return accepted == o->messages ? 0 : 1;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: smtp_load --port N [--sessions N] [--messages N] [--size BYTES]\n"
		"       [--to ADDRESS-WITH-%%] [--recipients N] [--pipeline]\n");
	return 2;
}

static bool parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "sessions", required_argument, NULL, 's' },
		{ "messages", required_argument, NULL, 'm' },
		{ "size", required_argument, NULL, 'z' },
		{ "to", required_argument, NULL, 't' },
		{ "recipients", required_argument, NULL, 'r' },
		{ "pipeline", no_argument, NULL, 'P' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		long number = optarg ? strtol(optarg, NULL, 10) : 0;
		switch (letter) {
		case 'p':
			o->port = (uint16_t)number;
			break;
		case 's':
			o->sessions = number;
			break;
		case 'm':
			o->messages = number;
			break;
		case 'z':
			o->size_bytes = number;
			break;
		case 't':
			o->pattern = optarg;
			break;
		case 'r':
			o->recipients = number;
			break;
		case 'P':
			o->pipeline = true;
			break;
		default:
			return false;
		}
	}
	return o->port > 0 && o->sessions > 0 && o->sessions <= SESSIONS_MAX && o->messages > 0 &&
		o->size_bytes > 0 && o->size_bytes <= SIZE_MAX_BYTES && o->recipients >= 0;
}

int main(int argc, char **argv)
{
	struct options o = { .sessions = 1,
		.messages = 100,
		.size_bytes = 4096,
		.recipients = 20,
		.pattern = "bench%@example.test" };

	if (!parse_options(argc, argv, &o))
		return usage();
	struct session *sessions = calloc((size_t)o.sessions, sizeof(*sessions));
	if (!sessions)
		abort();
	pthread_barrier_init(&ready, NULL, (unsigned)o.sessions + 1);
	for (long i = 0; i < o.sessions; i++) {
		sessions[i].options = &o;
		sessions[i].number = i;
		sessions[i].fd = -1;
		fill_body(&sessions[i]);
		if (pthread_create(&sessions[i].thread, NULL, run_session, &sessions[i]) != 0)
			abort();
	}
	pthread_barrier_wait(&ready);
	double started = seconds_now();
	for (long i = 0; i < o.sessions; i++)
		pthread_join(sessions[i].thread, NULL);
	double seconds = seconds_now() - started;
	int status = report(&o, sessions, seconds);
	for (long i = 0; i < o.sessions; i++)
		free(sessions[i].body);
	free(sessions);
	return status;
}
