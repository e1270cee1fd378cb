/* Look-up of compiled-in files: see assets.h. */
#include "webui/view/assets.h"

const struct asset *asset_find(struct span name)
{
	for (size_t i = 0; i < assets_len; i++) {
		if (span_eq(assets[i].name, name))
			return &assets[i];
	}
	return NULL;
}

const struct asset *asset_find_path(struct span path)
{
	for (size_t i = 0; i < assets_len; i++) {
		if (span_eq(assets[i].path, path))
			return &assets[i];
	}
	return NULL;
}
