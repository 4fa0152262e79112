/*
 * Process 1 of the guest: starts programs for the host and carries their streams over one virtio-serial
 * port. Static, no shell in between, binary safe. The other side is tools/vm/guest-channel.ts.
 *
 * A frame is {u32 length of payload, u16 kind, u16 stream id, payload}, little endian.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	/* host to guest */
	FRAME_EXEC = 1,   /* u32 argc, u32 envc, then NUL-ended: cwd, arguments, environment */
	FRAME_STDIN = 2,  /* bytes; empty: end of file */
	FRAME_SIGNAL = 3, /* u32 signal, to the process group */
	FRAME_WAKE = 4,   /* u64 seconds, u64 nanoseconds, then random bytes; answered by WAKE */
	/* guest to host */
	FRAME_HELLO = 16,
	FRAME_STDOUT = 17,
	FRAME_STDERR = 18,
	FRAME_EXIT = 19,  /* u32 exit code, u32 signal (0: none) */
	FRAME_ERROR = 20, /* text: the program could not be started; EXIT 127 follows */
};

struct frame_head {
	uint32_t length;
	uint16_t kind;
	uint16_t id;
};

/* What one frame may carry, here and in guest-channel.ts. */
#define PAYLOAD_MAX (1 << 20)
#define CHUNK 32768
#define CHILDREN_MAX 32
/* Input that a program has not read yet, kept for it; past this the port is not read. */
#define STDIN_MAX (4 << 20)

struct child {
	pid_t pid; /* 0: free */
	uint16_t id;
	int in, out, err; /* -1: closed */
	int ended, status, stdin_ends;
	uint8_t *pending;
	size_t pending_length;
};

static struct child children[CHILDREN_MAX];
static int port = -1;

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* The port answers with errors while nobody listens on the host's side (between save and load). */
static void pause_for_host(void)
{
	struct timespec t = {0, 5 * 1000 * 1000};

	nanosleep(&t, NULL);
}

static void write_port(const void *data, size_t length)
{
	const uint8_t *at = data;

	while (length > 0) {
		ssize_t n = write(port, at, length);

		if (n > 0) {
			at += n;
			length -= n;
		} else if (n == 0 || errno == EPIPE || errno == EAGAIN || errno == EINTR) {
			pause_for_host();
		} else {
			die("write to port");
		}
	}
}

static void send_frame(uint16_t kind, uint16_t id, const void *payload, uint32_t length)
{
	static uint8_t buffer[sizeof(struct frame_head) + CHUNK];
	struct frame_head head = {length, kind, id};

	if (length > CHUNK)
		die("frame too long");
	memcpy(buffer, &head, sizeof(head));
	if (length)
		memcpy(buffer + sizeof(head), payload, length);
	write_port(buffer, sizeof(head) + length);
}

static struct child *find_child(uint16_t id)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (children[i].pid && children[i].id == id)
			return &children[i];
	return NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void report_failure(uint16_t id, const char *text)
{
	uint32_t ended[2] = {127, 0};

	send_frame(FRAME_ERROR, id, text, strlen(text));
	send_frame(FRAME_EXIT, id, ended, sizeof(ended));
}

/* In the new process: does not return. The exec's errno goes back through `report`. */
static void become(char **args, char **env, const char *cwd, int in, int out, int err, int report)
{
	sigset_t none;
	int failure;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	environ = env;
	if (chdir(cwd) == 0)
		execvp(args[0], args);
	failure = errno;
	if (write(report, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

static int spawn(struct child *child, char **args, char **env, const char *cwd)
{
	int in[2], out[2], err[2], report[2], failure = 0;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) || pipe2(report, O_CLOEXEC))
		die("pipe");
	/* execvp looks the program up in the PATH of `environ`: the child sets its own first. */
	pid = fork();
	if (pid == 0)
		become(args, env, cwd, in[0], out[1], err[1], report[1]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	close(report[1]);
	child->in = in[1];
	child->out = out[0];
	child->err = err[0];
	if (pid < 0)
		failure = errno;
	else if (read(report[0], &failure, sizeof(failure)) > 0)
		waitpid(pid, NULL, 0);
	close(report[0]);
	if (failure) {
		close_fd(&child->in);
		close_fd(&child->out);
		close_fd(&child->err);
		return failure;
	}
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	child->pid = pid;
	return 0;
}

static char **take_strings(char **at, const char *end, uint32_t count)
{
	char **list = calloc(count + 1, sizeof(char *));

	if (!list)
		die("memory");
	for (uint32_t i = 0; i < count; i++) {
		list[i] = *at;
		*at += strnlen(*at, end - *at) + 1;
		if (*at > end)
			die("malformed exec frame");
	}
	return list;
}

static void handle_exec(uint16_t id, char *payload, uint32_t length)
{
	struct child *child = NULL;
	char *at = payload + 8, *end = payload + length, **cwd, **args, **env, text[512];
	uint32_t counts[2];
	int failure;

	for (int i = 0; i < CHILDREN_MAX && !child; i++)
		if (!children[i].pid)
			child = &children[i];
	if (!child) {
		report_failure(id, "too many programs at once");
		return;
	}
	memcpy(counts, payload, sizeof(counts));
	memset(child, 0, sizeof(*child));
	child->id = id;
	cwd = take_strings(&at, end, 1);
	args = take_strings(&at, end, counts[0]);
	env = take_strings(&at, end, counts[1]);
	failure = spawn(child, args, env, cwd[0]);
	if (failure) {
		snprintf(text, sizeof(text), "%s in %s: %s", args[0], cwd[0], strerror(failure));
		report_failure(id, text);
	}
	free(cwd);
	free(args);
	free(env);
}

static void feed(struct child *child)
{
	while (child->in >= 0 && child->pending_length) {
		ssize_t n = write(child->in, child->pending, child->pending_length);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) { /* nobody reads any more */
			child->pending_length = 0;
			close_fd(&child->in);
			return;
		}
		child->pending_length -= n;
		memmove(child->pending, child->pending + n, child->pending_length);
	}
	if (child->stdin_ends)
		close_fd(&child->in);
}

static void handle_stdin(struct child *child, const void *payload, uint32_t length)
{
	if (!child || child->in < 0)
		return;
	if (length == 0) {
		child->stdin_ends = 1;
	} else {
		child->pending = realloc(child->pending, child->pending_length + length);
		if (!child->pending)
			die("memory");
		memcpy(child->pending + child->pending_length, payload, length);
		child->pending_length += length;
	}
	feed(child);
}

/*
 * The clock stood still since the snapshot was saved, and every machine restored from it has the same
 * random state: both are set from the host before anything else runs.
 */
static void handle_wake(const uint8_t *payload, uint32_t length)
{
	enum { ENTROPY_BYTES = 64 };
	uint32_t words[(sizeof(struct rand_pool_info) + ENTROPY_BYTES) / sizeof(uint32_t)];
	struct rand_pool_info *entropy = (struct rand_pool_info *)words;
	uint64_t now[2];
	struct timespec t;
	int fd;

	if (length < sizeof(now) + ENTROPY_BYTES)
		die("short wake frame");
	memcpy(now, payload, sizeof(now));
	t.tv_sec = now[0];
	t.tv_nsec = now[1];
	if (clock_settime(CLOCK_REALTIME, &t))
		die("clock_settime");
	entropy->entropy_count = ENTROPY_BYTES * 8;
	entropy->buf_size = ENTROPY_BYTES;
	memcpy(entropy->buf, payload + sizeof(now), ENTROPY_BYTES);
	fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, entropy) || ioctl(fd, RNDRESEEDCRNG))
		die("reseeding the random numbers");
	close(fd);
	send_frame(FRAME_WAKE, 0, NULL, 0);
}

static void handle_frame(const struct frame_head *head, uint8_t *payload)
{
	struct child *child = find_child(head->id);
	uint32_t number = 0;

	switch (head->kind) {
	case FRAME_EXEC:
		if (head->length < 10)
			die("short exec frame");
		handle_exec(head->id, (char *)payload, head->length);
		break;
	case FRAME_STDIN:
		handle_stdin(child, payload, head->length);
		break;
	case FRAME_SIGNAL:
		if (head->length == sizeof(number))
			memcpy(&number, payload, sizeof(number));
		if (child && !child->ended)
			kill(-child->pid, (int)number);
		break;
	case FRAME_WAKE:
		handle_wake(payload, head->length);
		break;
	default:
		errno = EPROTO;
		die("unknown frame");
	}
}

/* Reads what is there; whole frames are carried out. */
static void read_port(void)
{
	static uint8_t buffer[sizeof(struct frame_head) + PAYLOAD_MAX + 1];
	static size_t have;
	struct frame_head head;
	ssize_t n = read(port, buffer + have, sizeof(buffer) - 1 - have);

	if (n <= 0) {
		if (n < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE)
			die("read from port");
		pause_for_host();
		return;
	}
	have += n;
	while (have >= sizeof(head)) {
		size_t whole;
		uint8_t after;

		memcpy(&head, buffer, sizeof(head));
		if (head.length > PAYLOAD_MAX)
			die("frame too long");
		whole = sizeof(head) + head.length;
		if (have < whole)
			return;
		/* strings in the payload end with it at the latest */
		after = buffer[whole];
		buffer[whole] = 0;
		handle_frame(&head, buffer + sizeof(head));
		buffer[whole] = after;
		have -= whole;
		memmove(buffer, buffer + whole, have);
	}
}

static void carry(struct child *child, int *fd, uint16_t kind)
{
	static uint8_t chunk[CHUNK];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n > 0)
		send_frame(kind, child->id, chunk, n);
	else if (n == 0 || errno != EINTR)
		close_fd(fd);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < CHILDREN_MAX; i++)
			if (children[i].pid == pid) {
				children[i].ended = 1;
				children[i].status = status;
			}
}

/*
 * A program has ended when its process has, and what it wrote is carried. Daemons that it left behind
 * may hold its pipes open: what is in them now is its last word.
 */
static void finish(struct child *child)
{
	uint32_t ended[2];
	struct pollfd left[2] = {{child->out, POLLIN, 0}, {child->err, POLLIN, 0}};

	while (poll(left, 2, 0) > 0) {
		if (left[0].revents)
			carry(child, &child->out, FRAME_STDOUT);
		if (left[1].revents)
			carry(child, &child->err, FRAME_STDERR);
		left[0].fd = child->out;
		left[1].fd = child->err;
	}
	close_fd(&child->in);
	close_fd(&child->out);
	close_fd(&child->err);
	free(child->pending);
	ended[0] = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 0;
	ended[1] = WIFSIGNALED(child->status) ? WTERMSIG(child->status) : 0;
	send_frame(FRAME_EXIT, child->id, ended, sizeof(ended));
	memset(child, 0, sizeof(*child));
}

static void add(struct pollfd *polls, struct child **owners, int *count, struct child *child, int fd, int events)
{
	if (fd < 0)
		return;
	polls[*count] = (struct pollfd){fd, (short)events, 0};
	owners[(*count)++] = child;
}

static int child_signals[2];

static void on_child(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	if (write(child_signals[1], "", 1) < 0) {
		/* full: a wake-up is pending already */
	}
	errno = saved;
}

static void turn(void)
{
	struct pollfd polls[2 + 3 * CHILDREN_MAX];
	struct child *owners[2 + 3 * CHILDREN_MAX];
	size_t backlog = 0;
	char drain[64];
	int count = 0;

	for (int i = 0; i < CHILDREN_MAX; i++)
		backlog += children[i].pid ? children[i].pending_length : 0;
	add(polls, owners, &count, NULL, backlog < STDIN_MAX ? port : child_signals[0], POLLIN);
	add(polls, owners, &count, NULL, child_signals[0], POLLIN);
	for (int i = 0; i < CHILDREN_MAX; i++) {
		struct child *child = &children[i];

		if (!child->pid)
			continue;
		add(polls, owners, &count, child, child->out, POLLIN);
		add(polls, owners, &count, child, child->err, POLLIN);
		if (child->pending_length)
			add(polls, owners, &count, child, child->in, POLLOUT);
	}
	if (poll(polls, count, -1) < 0 && errno != EINTR)
		die("poll");
	while (read(child_signals[0], drain, sizeof(drain)) > 0)
		;
	for (int i = 2; i < count; i++) {
		struct child *child = owners[i];

		if (!polls[i].revents)
			continue;
		if (polls[i].fd == child->in)
			feed(child);
		else if (polls[i].fd == child->out)
			carry(child, &child->out, FRAME_STDOUT);
		else if (polls[i].fd == child->err)
			carry(child, &child->err, FRAME_STDERR);
	}
	reap();
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (children[i].pid && children[i].ended)
			finish(&children[i]);
	if (polls[0].fd == port && polls[0].revents)
		read_port();
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
	glob_t found;

	if (glob("/dev/vport*p1", 0, NULL, &found) || found.gl_pathc != 1)
		die("no virtio-serial port");
	port = open(found.gl_pathv[0], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port < 0 || pipe2(child_signals, O_NONBLOCK | O_CLOEXEC))
		die(found.gl_pathv[0]);
	globfree(&found);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGCHLD, &action, NULL);
	send_frame(FRAME_HELLO, 0, NULL, 0);
	for (;;)
		turn();
}
