/* libcurl, loaded where an endpoint is named and not before: it and all that it needs
 * take longer to load than a filter takes to start. */
#ifndef AGENT_CURL_H
#define AGENT_CURL_H

#include <curl/curl.h>

#include "base/status.h"

struct curl_lib {
	CURL *(*init)(void);
	void (*cleanup)(CURL *);
	CURLcode (*set)(CURL *, CURLoption, ...);
	CURLcode (*perform)(CURL *);
	CURLcode (*get)(CURL *, CURLINFO, ...);
	const char *(*error)(CURLcode);
	time_t (*date)(const char *, const time_t *);
	struct curl_slist *(*append)(struct curl_slist *, const char *);
	void (*free_list)(struct curl_slist *);
};

/* ST_IO when it is not there.  It stays until the process ends. */
enum status curl_lib_load(struct curl_lib *c, struct err *e);

#endif
