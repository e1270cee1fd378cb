/* Arguments and results in PostgreSQL's binary formats. */
#include <endian.h>

#include "mailcore/db/db_impl.h"

#define PG_EPOCH_US 946684800000000LL /* 2000-01-01 */

struct wire_type {
	Oid scalar, array; /* pg_type.dat */
};
static const struct wire_type WIRE[] = {
	[ARG_I64] = { 20, 0 },
	[ARG_BOOL] = { 16, 0 },
	[ARG_TEXT] = { 25, 0 },
	[ARG_BYTES] = { 17, 0 },
	[ARG_UUID] = { 2950, 0 },
	[ARG_TIME] = { 1184, 0 },
	[ARG_I64S] = { 20, 1016 },
	[ARG_BOOLS] = { 16, 1000 },
	[ARG_TEXTS] = { 25, 1009 },
	[ARG_BYTESS] = { 17, 1001 },
	[ARG_UUIDS] = { 2950, 2951 },
	[ARG_TIMES] = { 1184, 1185 },
};

static char *put_u32(char *p, uint32_t n)
{
	n = htobe32(n);
	memcpy(p, &n, sizeof n);
	return p + sizeof n;
}

static char *put_i64(char *p, int64_t n)
{
	uint64_t be = htobe64((uint64_t)n);
	memcpy(p, &be, sizeof be);
	return p + sizeof be;
}

static uint32_t get_u32(const char *p)
{
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return be32toh(n);
}

static int64_t get_i64(const char *p)
{
	uint64_t n;
	memcpy(&n, p, sizeof n);
	return (int64_t)be64toh(n);
}

/* The bytes of one array element, written at `p` after its length; 0: NULL. */
static size_t element_size(const struct arg *arg, size_t i)
{
	const struct span *spans = arg->items;
	switch (arg->type) {
	case ARG_BOOLS:
		return 1;
	case ARG_UUIDS:
		return 16;
	case ARG_TEXTS:
	case ARG_BYTESS:
		return spans[i].ptr ? spans[i].len : 0;
	default:
		return 8;
	}
}

static char *put_element(char *p, const struct arg *arg, size_t i)
{
	const struct span *spans = arg->items;
	switch (arg->type) {
	case ARG_BOOLS:
		p = put_u32(p, 1);
		*p = (char)((const bool *)arg->items)[i];
		return p + 1;
	case ARG_UUIDS:
		p = put_u32(p, 16);
		memcpy(p, ((const struct uuid *)arg->items)[i].bytes, 16);
		return p + 16;
	case ARG_TEXTS:
	case ARG_BYTESS:
		if (!spans[i].ptr)
			return put_u32(p, UINT32_MAX);
		p = put_u32(p, (uint32_t)spans[i].len);
		memcpy(p, spans[i].ptr, spans[i].len);
		return p + spans[i].len;
	case ARG_TIMES:
		return put_i64(put_u32(p, 8), ((const int64_t *)arg->items)[i] - PG_EPOCH_US);
	default:
		return put_i64(put_u32(p, 8), ((const int64_t *)arg->items)[i]);
	}
}

static bool has_null(const struct arg *arg)
{
	const struct span *spans = arg->items;
	if (arg->type != ARG_TEXTS && arg->type != ARG_BYTESS)
		return false;
	for (size_t i = 0; i < arg->n; i++)
		if (!spans[i].ptr)
			return true;
	return false;
}

static struct span encode_array(struct arena *a, const struct arg *arg)
{
	size_t size = 20;
	for (size_t i = 0; i < arg->n; i++)
		size += 4 + element_size(arg, i);
	ASSERT(size < INT32_MAX);
	char *start = arena_alloc(a, size);
	char *p = put_u32(start, arg->n ? 1 : 0);
	p = put_u32(p, has_null(arg));
	p = put_u32(p, WIRE[arg->type].scalar);
	if (arg->n) {
		p = put_u32(p, (uint32_t)arg->n);
		p = put_u32(p, 1);
	}
	for (size_t i = 0; i < arg->n; i++)
		p = put_element(p, arg, i);
	return span_make(start, (size_t)(p - start));
}

static struct span encode_scalar(struct arena *a, const struct arg *arg, bool copy)
{
	char *p = arena_alloc(a, 16);
	switch (arg->type) {
	case ARG_TEXT:
	case ARG_BYTES:
		if (!arg->span.ptr)
			return SPAN("");
		return copy ? arena_span(a, arg->span) : arg->span;
	case ARG_UUID:
		memcpy(p, arg->uuid.bytes, 16);
		return span_make(p, 16);
	case ARG_BOOL:
		*p = arg->number != 0;
		return span_make(p, 1);
	case ARG_TIME:
		put_i64(p, arg->number - PG_EPOCH_US);
		return span_make(p, 8);
	default:
		put_i64(p, arg->number);
		return span_make(p, 8);
	}
}

struct params params_encode(struct arena *a, const struct arg *args, size_t n_args, bool copy)
{
	struct params p = { .n = (int)n_args };
	if (!n_args)
		return p;
	p.types = arena_array(a, n_args, sizeof *p.types);
	p.values = arena_array(a, n_args, sizeof *p.values);
	p.lengths = arena_array(a, n_args, sizeof *p.lengths);
	p.formats = arena_array(a, n_args, sizeof *p.formats);
	for (size_t i = 0; i < n_args; i++) {
		const struct arg *arg = &args[i];
		struct wire_type type = WIRE[arg->type];
		p.types[i] = type.array ? type.array : type.scalar;
		p.formats[i] = 1;
		if (arg->null)
			continue;
		struct span s = type.array ? encode_array(a, arg) : encode_scalar(a, arg, copy);
		ASSERT(s.len < INT32_MAX);
		p.values[i] = s.ptr;
		p.lengths[i] = (int)s.len;
	}
	return p;
}

/* ------------------------------------------------------------------------ results */

struct rows *rows_new(PGresult *result)
{
	struct rows *r = heap_alloc(sizeof *r);
	r->result = result;
	return r;
}

void rows_close(struct rows *r)
{
	if (!r)
		return;
	PQclear(r->result);
	heap_free(r);
}

size_t rows_len(const struct rows *r)
{
	return (size_t)PQntuples(r->result);
}

static struct span value(const struct rows *r, size_t row, unsigned col)
{
	ASSERT(row < rows_len(r) && (int)col < PQnfields(r->result));
	if (PQgetisnull(r->result, (int)row, (int)col))
		return SPAN_NONE;
	return span_make(PQgetvalue(r->result, (int)row, (int)col),
		(size_t)PQgetlength(r->result, (int)row, (int)col));
}

bool row_is_null(const struct rows *r, size_t row, unsigned col)
{
	return value(r, row, col).ptr == NULL;
}

static int64_t read_int(struct span s)
{
	switch (s.len) {
	case 0:
		return 0;
	case 1:
		return (unsigned char)*s.ptr;
	case 2:
		return (int16_t)(((unsigned char)s.ptr[0] << 8) | (unsigned char)s.ptr[1]);
	case 4:
		return (int32_t)get_u32(s.ptr);
	case 8:
		return get_i64(s.ptr);
	}
	ASSERT(!"an integer column");
	return 0;
}

int64_t row_i64(const struct rows *r, size_t row, unsigned col)
{
	return read_int(value(r, row, col));
}

bool row_bool(const struct rows *r, size_t row, unsigned col)
{
	return read_int(value(r, row, col)) != 0;
}

struct span row_text(const struct rows *r, size_t row, unsigned col)
{
	struct span s = value(r, row, col);
	return s.ptr ? s : SPAN("");
}

struct span row_bytes(const struct rows *r, size_t row, unsigned col)
{
	return row_text(r, row, col);
}

struct uuid row_uuid(const struct rows *r, size_t row, unsigned col)
{
	struct uuid id = { 0 };
	struct span s = value(r, row, col);
	ASSERT(s.len == 16 || !s.ptr);
	if (s.ptr)
		memcpy(id.bytes, s.ptr, 16);
	return id;
}

int64_t row_time_us(const struct rows *r, size_t row, unsigned col)
{
	struct span s = value(r, row, col);
	ASSERT(s.len == 8 || !s.ptr);
	return s.ptr ? get_i64(s.ptr) + PG_EPOCH_US : 0;
}

/* Elements of a one-dimensional array, one after the other; the server's word is trusted only as
 * far as the value reaches. */
static size_t array_read(struct span s, struct arena *a, struct span **out)
{
	*out = NULL;
	if (s.len < 20 || get_u32(s.ptr) != 1)
		return 0;
	size_t n = get_u32(s.ptr + 12);
	ASSERT(n <= (s.len - 20) / 4);
	struct span *items = arena_array(a, n, sizeof *items);
	struct span rest = span_from(s, 20);
	for (size_t i = 0; i < n; i++) {
		ASSERT(rest.len >= 4);
		uint32_t len = get_u32(rest.ptr);
		rest = span_from(rest, 4);
		if (len == UINT32_MAX)
			continue;
		ASSERT(len <= rest.len);
		items[i] = span_make(rest.ptr, len);
		rest = span_from(rest, len);
	}
	*out = items;
	return n;
}

size_t row_texts(const struct rows *r, size_t row, unsigned col, struct arena *a, struct span **out)
{
	return array_read(value(r, row, col), a, out);
}

size_t row_i64s(const struct rows *r, size_t row, unsigned col, struct arena *a, int64_t **out)
{
	struct span *items = NULL;
	size_t n = array_read(value(r, row, col), a, &items);
	*out = arena_array(a, n, sizeof **out);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = read_int(items[i]);
	return n;
}
