/* SPDX-License-Identifier: Apache-2.0 */
/* What containers do, in loops: `hooks-workload FOLDER PROGRAM ROUNDS`. PROGRAM is executed, all files are made in
 * FOLDER. Prints a line of JSON for each operation: how often it was done, and for each round the ticks of the
 * time stamp counter that one took. In a machine that counts instructions (`--count-instructions`) a tick is one. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 64

static char existing[4096], fresh[4096];
static const char *program;
static int kept; /* `existing`, open for writing */

static void must(int done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(1);
}

static void any_call(void)
{
	syscall(SYS_getppid);
}

static void write_byte(void)
{
	must(pwrite(kept, "x", 1, 0) == 1, "pwrite");
}

static void open_read(void)
{
	int file = open(existing, O_RDONLY);

	must(file >= 0, "open");
	close(file);
}

static void open_write(void)
{
	int file = open(existing, O_WRONLY);

	must(file >= 0, "open for writing");
	close(file);
}

static void make(int executable)
{
	static const char data[64] = "#!/bin/true\n";
	int file = open(fresh, O_CREAT | O_WRONLY, 0644);

	must(file >= 0, "create");
	must(write(file, data, sizeof(data)) == sizeof(data), "write");
	if (executable)
		must(!fchmod(file, 0755), "fchmod");
	close(file);
	must(!unlink(fresh), "unlink");
}

static void make_plain(void)
{
	make(0);
}

static void make_executable(void)
{
	make(1);
}

/* A creation of an executable, and a change of one. */
static void change_mode(void)
{
	must(!fchmod(kept, 0755) && !fchmod(kept, 0644), "fchmod");
}

static void fork_exec_wait(void)
{
	char *const arguments[] = {(char *)program, NULL}, *const environment[] = {NULL};
	int status;
	pid_t child = fork();

	must(child >= 0, "fork");
	if (child == 0) {
		execve(program, arguments, environment);
		_exit(126);
	}
	must(waitpid(child, &status, 0) == child && status == 0, "wait");
}

/* A round of each but the first two is long beside what is done later, such as freeing. */
static const struct {
	const char *name;
	void (*run)(void);
	int times;
} operations[] = {
	{"anyCall", any_call, 10000},       {"writeByte", write_byte, 2000},
	{"openRead", open_read, 1500},      {"openWrite", open_write, 1500},
	{"makePlain", make_plain, 400},     {"makeExecutable", make_executable, 400},
	{"changeMode", change_mode, 1500},  {"forkExecWait", fork_exec_wait, 40},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* What was left for later by what was done before is done meanwhile. */
static void settle(void)
{
	usleep(100000);
}

/* `shift`: files to have open meanwhile, so that not every round finds the kernel's allocators at the same point. */
static double round_of(size_t which, int shift)
{
	int files[ROUNDS_MAX];
	uint64_t begun;
	double took;

	for (int i = 0; i < shift; i++)
		files[i] = open(existing, O_RDONLY);
	settle();
	begun = ticks();
	for (int i = 0; i < operations[which].times; i++)
		operations[which].run();
	took = (double)(ticks() - begun) / operations[which].times;
	for (int i = 0; i < shift; i++)
		close(files[i]);
	return took;
}

int main(int count, char **arguments)
{
	static double took[OPERATIONS][ROUNDS_MAX];
	int rounds = count == 4 ? atoi(arguments[3]) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: %s FOLDER PROGRAM ROUNDS\n", arguments[0]);
		return 2;
	}
	snprintf(existing, sizeof(existing), "%s/existing", arguments[1]);
	snprintf(fresh, sizeof(fresh), "%s/fresh", arguments[1]);
	program = arguments[2];
	kept = open(existing, O_CREAT | O_RDWR, 0644);
	must(kept >= 0 && write(kept, "text\n", 5) == 5, existing);
	for (size_t which = 0; which < OPERATIONS; which++)
		round_of(which, 0); /* caches */
	/* By turns, so that whatever else goes on falls on all of them alike. */
	for (int round = 0; round < rounds; round++)
		for (size_t which = 0; which < OPERATIONS; which++)
			took[which][round] = round_of(which, round);
	for (size_t which = 0; which < OPERATIONS; which++) {
		printf("{\"operation\":\"%s\",\"times\":%d,\"took\":[", operations[which].name, operations[which].times * (rounds + 1));
		for (int round = 0; round < rounds; round++)
			printf("%s%.1f", round ? "," : "", took[which][round]);
		printf("]}\n");
	}
	return 0;
}
