/* The files beside this one, as the build put them into the program. */
#ifndef PAGE_FILES_H
#define PAGE_FILES_H

#include <stddef.h>

extern const unsigned char page_html[], page_css[], page_js[];
extern const size_t page_html_n, page_css_n, page_js_n;

#endif
