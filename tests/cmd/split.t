#!/bin/sh
. "$(dirname "$0")/../lib.sh"

i=0
while [ $i -lt 500 ]; do
	echo "{\"prompt\": \"question $i\", \"n\":$i}"
	i=$((i + 1))
done >in

exits 0 "train" fg-split --part train in
mv out train
exits 0 "test" fg-split --part test in
mv out test
fg-split in >all
sort train test >parts
sort all >all.sorted
same "the parts are the whole" parts all.sorted
n=$(wc -l <train)
ok "about nine tenths: $n" test "$n" -gt 420 -a "$n" -lt 480
fg-split -j 3 --part train in >got
same "threads do not change it" train got
{ head -n 100 in | fg-split --part train; tail -n +101 in | fg-split --part train; } >got
same "cutting the stream does not change it" train got
fg-split --part train --seed 1 in >got
ok "another seed, another part" sh -c '! cmp -s train got'
fg-split --train 0.5 --valid 0.3 --part valid in >got
n=$(wc -l <got)
ok "valid: $n" test "$n" -gt 120 -a "$n" -lt 180

fg-split --shuffle in >shuffled
ok "a shuffle moves records" sh -c '! cmp -s all shuffled'
sort shuffled >got
same "and loses none" all.sorted got
fg-split --shuffle --memory 1 in >got
same "files give the same order" shuffled got
i=0
while [ $i -lt 10 ]; do
	sed "s/question/question $i/" in
	i=$((i + 1))
done >large
fg-split --shuffle --memory 64K large >got
fg-split --shuffle large >want
same "runs merge" want got
# more runs than are kept open
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "{\"id\":\"%d\",\"text\":\"%0180d\"}\n", i % 50000, i }' >long
fg-split --shuffle --memory 1 long | cksum >got
fg-split --shuffle long | cksum >want
same "many runs merge" want got
fg-split -n 20 in >s20
fg-split -n 7 in >s7
head -n 7 s20 >want
same "a sample is the beginning of a larger one" s7 want
is "no more than there are" "$(fg-split -n 1000 in | wc -l)" 500

golden usage fg-split --part nothing
golden sum fg-split --train 0.9 --valid 0.2 in
echo '{"id":[1]}' | golden bad-id fg-split
printf '{"prompt":"x"}\n{"prompt":1}\n' >bad
golden bad-field fg-split bad
golden bad-side fg-split --bad rejected bad
is "the reason" "$(cat rejected)" '{"prompt":1,"error":"bad:2:11: prompt: expected a string"}'
fg-split --bad again rejected
is "rejected again, with one reason" "$(cat again)" '{"prompt":1,"error":"rejected:1:11: prompt: expected a string"}'
echo '{"prompt":"x"}' | fg-split --bad again >out
is "what an earlier run rejected is removed" "$(wc -c <again)" 0
exits 3 "a side file that cannot be written" fg-split --bad nowhere/bad in
exits 3 "nor metrics" fg-split --metrics nowhere/m in
exits 2 "one that is read, too" fg-split --bad rejected rejected
is "stays" "$(wc -l <rejected)" 1
exits 2 "no sample" fg-split -n 0 in
is "texts have ids of their own" "$(printf '{"text":"a"}\n{"text":"b"}\n{"n":1}\n{"n":2}\n' | fg-split | jq -r .id | sort -u | wc -l)" 4
for id in 1 2 3 4 5; do for k in 0 1 2 3; do echo "{\"id\":\"$id\",\"sample\":$k}"; done; done >samples
ok "samples of a prompt are shuffled apart" test "$(fg-split --shuffle samples | jq -r .id | uniq | wc -l)" -gt 8
is "but go into one part" "$(fg-split --train 0.5 -p train samples | jq -r .id | sort | uniq -c | awk '$1 != 4' | wc -l)" 0
golden ids fg-split -n 2 --seed 3 in
done_testing
