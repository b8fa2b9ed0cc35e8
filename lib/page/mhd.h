/* GNU libmicrohttpd, loaded where a page is served and not before. */
#ifndef PAGE_MHD_H
#define PAGE_MHD_H

#include "base/status.h"

/* WANT_PAGE: the build's PAGE=1; without the header there is no page all the same */
#if defined(WANT_PAGE) && defined(__has_include)
#if __has_include(<microhttpd.h>)
#define HAVE_MICROHTTPD
#endif
#endif

#ifdef HAVE_MICROHTTPD
#include <microhttpd.h>

struct mhd_lib {
	struct MHD_Daemon *(*start)(unsigned, uint16_t, MHD_AcceptPolicyCallback, void *, MHD_AccessHandlerCallback,
	    void *, ...);
	void (*stop)(struct MHD_Daemon *);
	const union MHD_DaemonInfo *(*info)(struct MHD_Daemon *, enum MHD_DaemonInfoType, ...);
	struct MHD_Response *(*response)(size_t, void *, enum MHD_ResponseMemoryMode);
	enum MHD_Result (*header)(struct MHD_Response *, const char *, const char *);
	enum MHD_Result (*queue)(struct MHD_Connection *, unsigned, struct MHD_Response *);
	void (*destroy)(struct MHD_Response *);
	const char *(*lookup)(struct MHD_Connection *, enum MHD_ValueKind, const char *);
};

/* ST_USAGE when it is not there.  It stays until the process ends. */
enum status mhd_lib_load(struct mhd_lib *m, struct err *e);

#endif

#endif
