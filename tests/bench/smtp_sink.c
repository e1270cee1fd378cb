/* smtp_sink: takes messages as fast as they come and says which were there, and when.
 *
 * For tests/bench/outbound. A thread a connection, answers that never wait for anything; a message
 * counts when its final dot has come, and is known by its "Subject: message N" (smtp_load writes it).
 * Says "all" when each of the messages 0…N-1 has come. Ends when its standard input does, so that
 * what comes twice is seen too, and prints one JSON object; times are CLOCK_MONOTONIC. Exit status 1
 * when messages are missing. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)
#define GREETING     "220 sink.example ESMTP\r\n"
#define EHLO_REPLY                                                                                 \
	"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"

static long messages;
static _Atomic unsigned char *seen;
static atomic_long distinct, doubled, unknown, connections, open_now, open_most;
static _Atomic double first_at, last_at;

struct peer {
	int fd;
	bool in_data;
	size_t used;
	char buffer[BUFFER_BYTES + 1];
	size_t replied;
	char replies[16 * 1024];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool flush(struct peer *p)
{
	size_t at = 0;

	while (at < p->replied) {
		ssize_t n = send(p->fd, p->replies + at, p->replied - at, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	p->replied = 0;
	return true;
}

static void say(struct peer *p, const char *text)
{
	size_t len = strlen(text);

	if (len <= sizeof p->replies - p->replied) {
		memcpy(p->replies + p->replied, text, len);
		p->replied += len;
	}
}

static void count(long number)
{
	if (number < 0 || number >= messages) {
		atomic_fetch_add(&unknown, 1);
		return;
	}
	if (atomic_exchange(&seen[number], 1)) {
		atomic_fetch_add(&doubled, 1);
		return;
	}
	atomic_store(&last_at, now());
	long n = atomic_fetch_add(&distinct, 1) + 1;
	if (n == 1)
		atomic_store(&first_at, now());
	if (n == messages) {
		printf("all\n");
		fflush(stdout);
	}
}

static long number_of(const char *text, const char *end)
{
	static const char field[] = "\r\nSubject: message ";
	const char *found = memmem(text, (size_t)(end - text), field, sizeof field - 1);

	return found ? strtol(found + sizeof field - 1, NULL, 10) : -1;
}

/* How much of the input is dealt with; 0: more is needed. */
static size_t take_message(struct peer *p)
{
	char *end = memmem(p->buffer, p->used, "\r\n.\r\n", 5);

	if (!end)
		return 0;
	count(number_of(p->buffer, end));
	say(p, "250 2.0.0 taken\r\n");
	p->in_data = false;
	return (size_t)(end - p->buffer) + 5;
}

static size_t take_command(struct peer *p, bool *quit)
{
	char *end = memchr(p->buffer, '\n', p->used);

	if (!end)
		return 0;
	if (strncasecmp(p->buffer, "EHLO", 4) == 0) {
		say(p, EHLO_REPLY);
	} else if (strncasecmp(p->buffer, "DATA", 4) == 0) {
		say(p, "354 go on\r\n");
		p->in_data = true;
	} else if (strncasecmp(p->buffer, "QUIT", 4) == 0) {
		say(p, "221 2.0.0 bye\r\n");
		*quit = true;
	} else {
		say(p, "250 2.0.0 ok\r\n");
	}
	return (size_t)(end - p->buffer) + 1;
}

static void talk(struct peer *p)
{
	bool quit = false;

	say(p, GREETING);
	while (!quit && flush(p)) {
		ssize_t n = recv(p->fd, p->buffer + p->used, BUFFER_BYTES - p->used, 0);
		if (n <= 0)
			return;
		p->used += (size_t)n;
		for (size_t eaten = 1; p->used > 0 && eaten > 0 && !quit;) {
			eaten = p->in_data ? take_message(p) : take_command(p, &quit);
			memmove(p->buffer, p->buffer + eaten, p->used - eaten);
			p->used -= eaten;
		}
	}
	(void)flush(p);
}

static void *serve(void *argument)
{
	struct peer *p = argument;
	long at_once = atomic_fetch_add(&open_now, 1) + 1;

	atomic_fetch_add(&connections, 1);
	if (at_once > atomic_load(&open_most))
		atomic_store(&open_most, at_once);
	talk(p);
	close(p->fd);
	atomic_fetch_sub(&open_now, 1);
	free(p);
	return NULL;
}

static void accept_one(int listener)
{
	struct peer *p = calloc(1, sizeof *p);
	pthread_t thread;
	int one = 1;

	if (!p)
		abort();
	p->fd = accept(listener, NULL, NULL);
	if (p->fd < 0) {
		free(p);
		return;
	}
	(void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (pthread_create(&thread, NULL, serve, p) != 0)
		abort();
	pthread_detach(thread);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1000) != 0) {
		perror("smtp_sink");
		exit(2);
	}
	return fd;
}

/* Until standard input ends. */
static void run(int listener)
{
	struct pollfd fds[2] = { { .fd = listener, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			return;
		if (fds[0].revents)
			accept_one(listener);
	}
}

int main(int argc, char **argv)
{
	static const struct option known[] = { { "port", required_argument, NULL, 'p' },
		{ "messages", required_argument, NULL, 'm' }, { NULL, 0, NULL, 0 } };
	long port = 0;
	int letter;

	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (letter == 'p')
			port = strtol(optarg, NULL, 10);
		else if (letter == 'm')
			messages = strtol(optarg, NULL, 10);
	}
	if (port <= 0 || port > 65535 || messages <= 0) {
		fprintf(stderr, "usage: smtp_sink --port N --messages N\n");
		return 2;
	}
	seen = calloc((size_t)messages, 1);
	if (!seen)
		abort();
	int listener = listen_on((uint16_t)port);
	printf("listening\n");
	fflush(stdout);
	run(listener);
	printf("{\"messages\": %ld, \"doubled\": %ld, \"unknown\": %ld, \"first_at\": %.6f, "
	       "\"last_at\": %.6f, \"connections\": %ld, \"at_once\": %ld}\n",
		atomic_load(&distinct), atomic_load(&doubled), atomic_load(&unknown),
		atomic_load(&first_at), atomic_load(&last_at), atomic_load(&connections),
		atomic_load(&open_most));
	return atomic_load(&distinct) == messages ? 0 : 1;
}
