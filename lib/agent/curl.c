#ifdef HAVE_CURL
#include <dlfcn.h>
#include <string.h>

#include "agent/curl.h"

#ifdef __APPLE__
#define LIBCURL "libcurl.4.dylib"
#else
#define LIBCURL "libcurl.so.4"
#endif

enum status
curl_lib_load(struct curl_lib *c, struct err *e)
{
	const struct { const char *name; void *to; } need[] = {
		{ "curl_easy_init", &c->init }, { "curl_easy_cleanup", &c->cleanup }, { "curl_easy_setopt", &c->set },
		{ "curl_easy_perform", &c->perform }, { "curl_easy_getinfo", &c->get },
		{ "curl_easy_strerror", &c->error }, { "curl_getdate", &c->date },
		{ "curl_slist_append", &c->append }, { "curl_slist_free_all", &c->free_list }
	};
	void *lib = dlopen(LIBCURL, RTLD_NOW), *f;
	size_t i;

	if (!lib)
		return err_set(e, ST_IO, "--url: %s", dlerror());
	for (i = 0; i < sizeof(need) / sizeof(*need); i++) {
		if (!(f = dlsym(lib, need[i].name)))
			return err_set(e, ST_IO, "--url: %s", dlerror());
		/* POSIX has functions and objects with pointers of one size */
		memcpy(need[i].to, &f, sizeof(f));
	}
	return ST_OK;
}

#endif
