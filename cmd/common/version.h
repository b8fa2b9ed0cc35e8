/* The version, here and first in the changelog, examples/packaging/debian/changelog. */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define VERSION "0.1"

#endif
