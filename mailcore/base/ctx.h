/*
 * What a step carries: who asks, until when, memory, database, trace id - and nothing else.
 * Made by the loop that runs steps; handlers pass it on.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/arena.h"

struct db;    /* mailcore/db/db.h */
struct actor; /* backend/accounts/actor.h; NULL: the server itself */

struct ctx {
	struct arena *arena; /* reset after the step */
	struct db *db;       /* this worker's connection; never outlives the step in a tx */
	const struct actor *actor;
	int64_t now_us;      /* wall clock at the start of the step */
	int64_t deadline_ms; /* monotonic: waits for database and resolver end here */
	char trace[24];      /* request or session id in logs and answers */
};
