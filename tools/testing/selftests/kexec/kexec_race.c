// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many loads and unloads at once, from as many threads.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "kexec_test.h"

struct racer {
	pthread_t thread;
	struct race *race;
	unsigned int turn;
};

/* Reloads as often as unloads, so that images meet each other. */
static long take_turn(const struct race *race, unsigned int turn)
{
	switch (turn % 6) {
	case 0:
		return kexec_unload(race->kind);
	case 1:
		return race->files ? kexec_file_unload(race->kind) : kexec_unload(race->kind);
	case 2: case 3:
		return race->files ? load_some_file(race->kind) : load_something(race->kind);
	default:
		return load_something(race->kind);
	}
}

static void *run_racer(void *data)
{
	struct racer *racer = data;
	struct race *race = racer->race;
	time_t end = time(NULL) + race->seconds;

	/* On a slow machine the time may be over before anybody has succeeded. */
	while ((time(NULL) < end || !race->successes) && !race->odd_result) {
		long result = take_turn(race, rand_r(&racer->turn));

		if (!result)
			__atomic_fetch_add(&race->successes, 1, __ATOMIC_RELAXED);
		else if (result != -EBUSY)
			race->odd_result = result;
	}
	return NULL;
}

/* Returns the result that should not have been. */
long run_race(struct race *race, int racers)
{
	struct racer racer[racers];
	int i, running;

	for (running = 0; running < racers; running++) {
		racer[running] = (struct racer){ .race = race, .turn = running };
		if (pthread_create(&racer[running].thread, NULL, run_racer, &racer[running]))
			break;
	}
	for (i = 0; i < running; i++)
		pthread_join(racer[i].thread, NULL);
	return race->odd_result;
}
