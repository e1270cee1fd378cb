/* The board; see board.h. */
#include "mailcore/db/board.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "mailcore/base/arena.h"
#include "mailcore/db/shared.h"

#define ROLES_MAX 8

struct board_ears {
	_Atomic uint64_t name; /* up to eight letters; 0: free */
	_Atomic uint32_t all;
	_Atomic uint32_t listeners[BOARD_SLOTS];
};

/* What is in the file: zeros are a board that nobody has used. */
struct sheet {
	_Atomic uint32_t rung[BOARD_SLOTS];
	struct board_ears ears[ROLES_MAX];
};

struct board {
	struct sheet *sheet;
	struct board_ears *own; /* NULL: no room, so others ring us always */
};

static size_t slot_of(int64_t mailbox_id)
{
	return (size_t)mailbox_id & (BOARD_SLOTS - 1);
}

/* 0: no name that fits. */
static uint64_t name_of(struct span role)
{
	uint64_t name = 0;
	if (role.len <= sizeof name)
		memcpy(&name, role.ptr, role.len);
	return name;
}

/* The role's place, which it takes when it has none yet. */
static struct board_ears *claim(struct sheet *sheet, uint64_t name)
{
	for (size_t i = 0; name && i < ROLES_MAX; i++) {
		uint64_t found = 0;
		struct board_ears *ears = &sheet->ears[i];
		if (atomic_compare_exchange_strong(&ears->name, &found, name) || found == name)
			return ears;
	}
	return NULL;
}

enum rc board_open(const char *run_dir, const char *role, struct board **out, struct err *err)
{
	struct sheet *sheet = shared_map(run_dir, "bells", sizeof *sheet);
	if (!sheet)
		return err_set(err, RC_TEMP, "run_dir", "Cannot use %s/bells: %s.", run_dir,
			strerror(errno));
	struct board *b = heap_zalloc(sizeof *b);
	b->sheet = sheet;
	b->own = claim(sheet, name_of(span_of(role)));
	if (b->own) {
		atomic_store(&b->own->all, 0);
		for (size_t i = 0; i < BOARD_SLOTS; i++)
			atomic_store(&b->own->listeners[i], 0);
	}
	*out = b;
	return RC_OK;
}

void board_close(struct board *b)
{
	if (!b)
		return;
	(void)munmap(b->sheet, sizeof *b->sheet);
	heap_free(b);
}

_Atomic uint32_t *board_rung(struct board *b, int64_t mailbox_id)
{
	return &b->sheet->rung[slot_of(mailbox_id)];
}

static _Atomic uint32_t *listeners_of(struct board *b, int64_t mailbox_id)
{
	return mailbox_id ? &b->own->listeners[slot_of(mailbox_id)] : &b->own->all;
}

void board_listen(struct board *b, int64_t mailbox_id)
{
	if (b->own)
		atomic_fetch_add(listeners_of(b, mailbox_id), 1);
}

void board_unlisten(struct board *b, int64_t mailbox_id)
{
	if (b->own)
		atomic_fetch_sub(listeners_of(b, mailbox_id), 1);
}

const struct board_ears *board_ears(const struct board *b, struct span role)
{
	uint64_t name = name_of(role);
	for (size_t i = 0; name && i < ROLES_MAX; i++)
		if (atomic_load(&b->sheet->ears[i].name) == name)
			return &b->sheet->ears[i];
	return NULL;
}

bool board_hears(const struct board_ears *ears, int64_t mailbox_id)
{
	return atomic_load(&ears->all) > 0 ||
		atomic_load(&ears->listeners[slot_of(mailbox_id)]) > 0;
}
