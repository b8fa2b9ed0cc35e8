#include "page/mhd.h"

#ifdef HAVE_MICROHTTPD
#include <dlfcn.h>
#include <string.h>

#ifdef __APPLE__
#define LIBMICROHTTPD "libmicrohttpd.12.dylib"
#else
#define LIBMICROHTTPD "libmicrohttpd.so.12"
#endif

enum status
mhd_lib_load(struct mhd_lib *m, struct err *e)
{
	const struct { const char *name; void *to; } need[] = {
		{ "MHD_start_daemon", &m->start }, { "MHD_stop_daemon", &m->stop },
		{ "MHD_get_daemon_info", &m->info }, { "MHD_create_response_from_buffer", &m->response },
		{ "MHD_add_response_header", &m->header }, { "MHD_queue_response", &m->queue },
		{ "MHD_destroy_response", &m->destroy }, { "MHD_lookup_connection_value", &m->lookup }
	};
	void *lib = dlopen(LIBMICROHTTPD, RTLD_NOW), *f;
	size_t i;

	if (!lib)
		return err_set(e, ST_USAGE, "--page: %s", dlerror());
	for (i = 0; i < sizeof(need) / sizeof(*need); i++) {
		if (!(f = dlsym(lib, need[i].name)))
			return err_set(e, ST_USAGE, "--page: %s", dlerror());
		/* POSIX has functions and objects with pointers of one size */
		memcpy(need[i].to, &f, sizeof(f));
	}
	return ST_OK;
}

#endif
