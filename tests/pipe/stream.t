#!/bin/sh
# Memory does not grow with the stream: 120 MB through a filter that may have 100 MB of
# address space (FG_SLOW=1: 2 GB); a sample and a shuffle use files.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
ldd "$BUILD/bin/fg-split" 2>/dev/null | grep -q asan && skip_all "a sanitizer wants all addresses"

mb=120
[ -z "${FG_SLOW-}" ] || mb=2000
line='{"id":"17","prompt":"What is the answer, then?","response":"It is a number that many have asked for, \"and few have found\".\n","response_ids":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}'
lines=$((mb * 1000000 / (${#line} + 1)))
records() { yes "$line" | head -n $lines; }

# MEGABYTES command...
within()
{
	kb=$(($1 * 1000))
	shift
	# not every shell can; those that cannot test the count alone
	# shellcheck disable=SC3045
	(ulimit -v $kb 2>/dev/null || :; exec "$@")
}

is "fg-split -j 1" "$(records | within 100 fg-split -q -j 1 | wc -l | tr -d ' ')" $lines
is "fg-check" "$(records | within 100 fg-check -q -j 1 | wc -l | tr -d ' ')" 0
is "fg-show" "$(records | sed 's/"response_ids":.*/"response_ids":[1],"response_ends":[8],"response_label":[1]}/' |
    within 100 fg-show -q -j 1 | grep -c 'answer')" $lines
if [ -n "${FG_SLOW-}" ]; then
	is "fg-split --shuffle" "$(records | within 200 fg-split -q --shuffle --memory 50M | wc -l | tr -d ' ')" $lines
fi
is "fg-split --sample" "$(records | within 100 fg-split -q --sample 100 --memory 10M | wc -l | tr -d ' ')" 100
done_testing
