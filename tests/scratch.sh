# Sourced by the benchmarks: the programs first on PATH, the current folder is one that is removed
# away, $here is the source tree.
# shellcheck shell=sh
here=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$here/build}
PATH=$BUILD/bin:$PATH
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fg-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
