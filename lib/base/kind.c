#include <string.h>

#include "base/kind.h"

static const struct { const char *magic; size_t n; const char *kind; } kinds[] = {
#define KIND(magic, kind) { magic, sizeof(magic) - 1, kind }
	KIND("version https://git-lfs.github.com/", "a Git LFS pointer; 'git lfs pull' fetches the file itself"),
	KIND("GGUF", "a GGUF file"),
	KIND("\xef\xbb\xbf", "a byte order mark; the text has to begin without one"),
	KIND("\xff\xfe", "UTF-16; 'iconv -f UTF-16 -t UTF-8' converts it"),
	KIND("\xfe\xff", "UTF-16; 'iconv -f UTF-16 -t UTF-8' converts it"),
	KIND("\x1f\x8b", "gzip data; 'gzip -dc' unpacks it"),
	KIND("\x28\xb5\x2f\xfd", "zstd data; 'zstd -dc' unpacks it"),
	KIND("BZh", "bzip2 data; 'bzip2 -dc' unpacks it"),
	KIND("\xfd" "7zXZ", "xz data; 'xz -dc' unpacks it"),
	KIND("PK\x03\x04", "a zip archive, such as a PyTorch checkpoint"),
	KIND("\x80\x02", "a Python pickle, such as an old PyTorch checkpoint"),
	KIND("\x89HDF", "an HDF5 file"),
	KIND("PAR1", "a Parquet file"),
	KIND("\x7f" "ELF", "a program"),
	KIND("<!DOCTYPE", "a web page"),
	KIND("<!doctype", "a web page"),
	KIND("<html", "a web page"),
#undef KIND
};

const char *
kind_of(const void *p, size_t n)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (n >= kinds[i].n && !memcmp(p, kinds[i].magic, kinds[i].n))
			return kinds[i].kind;
	return NULL;
}
