#include "mailcore/db/epoch.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "mailcore/base/arena.h"
#include "mailcore/db/shared.h"

struct epoch {
	void *map;
	_Atomic uint64_t *number; /* in map */
};

enum rc epoch_open(const char *run_dir, struct epoch **out, struct err *err)
{
	void *map = shared_map(run_dir, "epoch", sizeof(uint64_t));
	if (!map)
		return err_set(err, RC_TEMP, "run_dir", "Cannot use %s/epoch: %m.", run_dir);
	*out = heap_zalloc(sizeof **out);
	(*out)->map = map;
	(*out)->number = map;
	return RC_OK;
}

void epoch_close(struct epoch *e)
{
	if (!e)
		return;
	(void)munmap(e->map, sizeof *e->number);
	heap_free(e);
}

uint64_t epoch_now(const struct epoch *e)
{
	return atomic_load(e->number);
}

void epoch_move(struct epoch *e)
{
	atomic_fetch_add(e->number, 1);
}
