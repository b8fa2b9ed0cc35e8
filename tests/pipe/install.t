#!/bin/sh
# make install and uninstall; the version; the Debian package (FG_SLOW=1).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

into=$PWD/into
exits 0 "make install" make -s -C "$src" BUILD="$BUILD" DESTDIR="$into" PREFIX=/usr install
for f in "$src"/cmd/*.c; do
	n=$(basename "$f" .c)
	[ "$n" = finegrain ] || n=fg-$n
	ok "$n, its page and its completion" test -x into/usr/bin/$n -a -s into/usr/share/man/man1/$n.1 \
	    -a -s into/usr/share/bash-completion/completions/$n
done
ok "completion for zsh" grep -q '^#compdef finegrain fg-' into/usr/share/zsh/site-functions/_finegrain
is "an installed program" "$(into/usr/bin/finegrain --version)" "$(fg-split --version)"
exits 0 "make uninstall" make -s -C "$src" BUILD="$BUILD" DESTDIR="$into" PREFIX=/usr uninstall
is "leaves nothing" "$(find into -type f -o -type l)" ""

is "the version is that of the changelog" "$(fg-split --version | sed 's/.* //')" \
    "$(sed -n '1s/^finegrain (\([0-9.]*\)) .*/\1/p' "$src/examples/packaging/debian/changelog")"

if [ -z "${FG_SLOW-}" ]; then
	skip "the Debian package" "FG_SLOW=1 runs it"
elif ! command -v dpkg-buildpackage >/dev/null || ! command -v dh >/dev/null; then
	skip "the Debian package" "no dpkg-buildpackage or no debhelper"
else
	mkdir tree
	(cd "$src" && tar cf - --exclude='./build*' --exclude=./.git .) | tar xf - -C tree
	cp -r tree/examples/packaging/debian tree
	ok "the Debian package" sh -c 'cd tree && dpkg-buildpackage -b -us -uc >../log 2>&1 || { tail -20 ../log; false; }'
	dpkg-deb --fsys-tarfile finegrain_*.deb | tar tf - >names
	ok "holds programs, pages and completions" sh -c 'grep -q "^./usr/bin/fg-update$" names &&
	    grep -q "^./usr/share/man/man7/finegrain.7.gz$" names &&
	    grep -q "^./usr/share/bash-completion/completions/fg-update$" names'
	mkdir root && dpkg-deb -x finegrain_*.deb root
	is "which run" "$(root/usr/bin/finegrain --version)" "$(fg-split --version)"
fi
done_testing
