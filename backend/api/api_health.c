/* /health */
#include <fcntl.h>
#include <unistd.h>

#include "backend/accounts/usage_service.h"
#include "backend/api/api.h"
#include "backend/http/server.h"

#define STATUS_MAX 16384

struct cJSON *api_read_json(struct req *r, const char *path)
{
	struct cJSON *status = NULL;
	char *text = arena_alloc(r->ctx->arena, STATUS_MAX);

	if (!path)
		return NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	ssize_t len = read(fd, text, STATUS_MAX);
	(void)close(fd); /* was only read */
	if (len <= 0 || !json_parse(r->ctx->arena, span_make(text, (size_t)len), &status, NULL))
		return NULL;
	return status;
}

static bool add_roles(struct req *r, struct cJSON *o)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *roles = json_object(a);
	bool all = true;

	for (const struct cJSON *role =
			json_first(json_get(api_read_json(r, r->services->status_file), "roles"));
		role; role = json_next(role)) {
		struct span state = json_text(json_get(role, "state"));
		json_add_text(a, roles, arena_cstr(a, json_text(json_get(role, "name"))), state);
		all = all && span_eq(state, SPAN("up"));
	}
	json_add(a, o, "roles", roles);
	return all;
}

enum rc api_health(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *o = json_object(a);
	bool database = database_check(r->ctx) == RC_OK;

	(void)err;
	json_add_cstr(a, o, "database", database ? "ok" : "unreachable");
	bool roles = add_roles(r, o);
	json_add_cstr(a, o, "status", database && roles ? "ok" : "degraded");
	reply_json(r, out, database ? 200 : 503, o);
	return RC_OK;
}
