/* SPDX-License-Identifier: Apache-2.0 */
#include "d4c_native.h"

static bool export_all(napi_env env, napi_value exports, const struct d4c_export *list)
{
	for (; list->name; list++) {
		napi_value function;

		if (napi_create_function(env, list->name, NAPI_AUTO_LENGTH, list->call, NULL, &function) != napi_ok ||
		    napi_set_named_property(env, exports, list->name, function) != napi_ok)
			return false;
	}
	return true;
}

static const struct d4c_export handle_exports[] = {{"close", d4c_close}, {NULL, NULL}};

NAPI_MODULE_INIT()
{
	d4c_watch_libbpf();
	if (!export_all(env, exports, handle_exports) || !export_all(env, exports, d4c_object_exports) ||
	    !export_all(env, exports, d4c_map_exports) || !export_all(env, exports, d4c_link_exports) ||
	    !export_all(env, exports, d4c_ring_exports) || !export_all(env, exports, d4c_host_exports))
		return NULL;
	return exports;
}
