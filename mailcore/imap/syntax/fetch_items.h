/*
 * What a FETCH asks for (RFC 9051 §6.4.5, RFC 3516, RFC 7162, RFC 8474, RFC 8514, RFC 8970,
 * RFC 9394): macros, items, sections, partials, modifiers.
 *
 * Pure; memory is the arena's. Limits: FETCH_ITEMS_MAX items, SECTION_DEPTH_MAX numbers in a
 * section, SECTION_FIELDS_MAX header fields.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/imap/syntax/partial.h"
#include "mailcore/mime/part.h"

#define FETCH_ITEMS_MAX    64
#define SECTION_DEPTH_MAX  50
#define SECTION_FIELDS_MAX 100

enum fetch_kind {
	FETCH_FLAGS,
	FETCH_UID,
	FETCH_INTERNALDATE,
	FETCH_SIZE,
	FETCH_MODSEQ,
	FETCH_SAVEDATE,
	FETCH_PREVIEW,
	FETCH_EMAILID,
	FETCH_THREADID,
	FETCH_ENVELOPE,
	FETCH_BODY, /* BODY without a section */
	FETCH_BODYSTRUCTURE,
	FETCH_SECTION, /* BODY[...], RFC822, RFC822.HEADER, RFC822.TEXT */
	FETCH_BINARY,  /* BINARY[...] */
	FETCH_BINARY_SIZE,
};

struct section {
	uint32_t path[SECTION_DEPTH_MAX];
	size_t n_path;
	enum section_kind kind;
	bool fields, fields_not; /* HEADER.FIELDS, HEADER.FIELDS.NOT */
	const struct span *names;
	size_t n_names;
};

struct fetch_item {
	enum fetch_kind kind;
	struct span label;       /* as it stands in the answer: BODY[1.MIME]<0> */
	struct section *section; /* the three kinds that have one */
	bool peek;
	bool partial;
	uint64_t offset, count;
};

struct fetch_items {
	struct fetch_item items[FETCH_ITEMS_MAX + 2]; /* room for what a modifier implies */
	size_t len;
};

/* "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
 * Of equal items the first counts. */
bool fetch_items_parse(struct cur *in, struct arena *a, struct fetch_items *out);

struct fetch_modifiers {
	uint64_t changed_since; /* 0: all */
	bool vanished;
	struct partial_range partial;
};

/* [SP "(" fetch-modifier *(SP fetch-modifier) ")"] up to the end of the command;
 * fetch-modifier = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range */
bool fetch_modifiers_parse(struct cur *in, struct fetch_modifiers *out);

/* section = "[" [section-spec] "]" */
bool section_parse(struct cur *in, struct arena *a, struct section *out);
