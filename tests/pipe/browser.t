#!/bin/sh
# The page of --page in a headless browser: edit, refuse, fix, back, skip, two people at once,
# a page that is loaded again, a server that is killed and started again.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"
perl -MJSON::PP -e 1 2>/dev/null || skip_all "no perl with JSON::PP"
for i in 1 2 3 4 5 6; do
	printf '%s\n' "{\"id\":\"q$i\",\"prompt\":\"<|im_start|>system\\nBe kind.<|im_end|>\\n<|im_start|>user\\nTell <i>me</i> $i<|im_end|>\\n<|im_start|>assistant\\n\",\"rejected\":\"this is a bad text of many words $i\"}"
done >six
fg-edit --page=127.0.0.1:x --cache probe six 2>err
grep -q 'libmicrohttpd' err && skip_all "no libmicrohttpd"
cat >drive.pl <<'P'
use strict;
use warnings;
use Browser;
use Page;
use JSON::PP;
use Time::HiRes qw(sleep);
my $n = 0;
sub ok { my ($yes, $what, @more) = @_; $n++; print $yes ? "ok" : "not ok", " $n - $what\n"; print map { "# $_\n" } @more if !$yes }
sub is { my ($got, $want, $what) = @_; $got //= 'undef'; ok($got eq $want, $what, "got:  $got", "want: $want") }
my $b = Browser->new or do { print "1..0 # SKIP no browser\n"; exit };
my $command = 'fg-edit -q --page=127.0.0.1:0 --cache desk --max-ratio 0.4 six';
my $s = Page->start($command, 'out');
my $text = sub { $_[0]->run("document.getElementById('$_[1]').innerText") };
my $pick = sub { my ($t, $from, $to) = @_; $t->run("document.getElementById('box').setSelectionRange($from, $to)") };

# a first visit asks for a name
my $ann = $b->open($s->{url});
$ann->until('!document.getElementById("start").hidden');
$ann->type('ann');
$ann->key('Enter');
$ann->until('now && now.at == 0');
is($text->($ann, 'place'), '1 of 6, 0 answered', 'a name, and the first of six');
is($ann->run('[...document.querySelectorAll("#prompt .turn")].map(t => t.innerText).join("|")'),
    "system\nBe kind.|user\nTell <i>me</i> 1", 'the prompt as turns, its markup as text');
is($ann->run('document.activeElement.id'), 'box', 'the text has the focus');

# edit: the difference is painted while typing
$pick->($ann, 10, 13);
$ann->type('good');
is($ann->run('[...document.querySelectorAll("#diff del, #diff ins")].map(e => e.tagName + e.innerText).join()'), 'DELbad,INSgood', 'the difference');
is($text->($ann, 'measure'), '11% of the words changed, at most 40%', 'how much, and the limit');
$ann->key('z', 'alt');
is($ann->run('document.getElementById("box").value'), 'this is a bad text of many words 1', 'undo');

# refused, kept, fixed
$pick->($ann, 0, 34);
$ann->type('nothing of it is left');
ok($ann->run('document.getElementById("measure").classList.contains("over")'), 'too much is seen at once');
$ann->key('Enter', 'ctrl');
$ann->until('document.getElementById("why").textContent');
is($text->($ann, 'why'), 'Not saved: the edit changes 89% of the words; change less. Your text is kept; change it, or skip it.', 'a refusal says why');
is($ann->run('document.getElementById("box").value'), 'nothing of it is left', 'and the work is kept');
is($ann->run('document.getElementById("why").getAttribute("role")'), 'alert', 'a screen reader is told');
$ann->key('r', 'alt');
$pick->($ann, 10, 13);
$ann->type('fine');
$ann->key('n', 'alt');
$ann->type('a note');
$ann->key('Enter', 'ctrl');
$ann->until('now && now.at == 1');
is($text->($ann, 'place'), '2 of 6, 1 answered', 'fixed, saved, the next');

# back, and changed
$ann->key('ArrowLeft', 'alt');
$ann->until('now && now.at == 0');
is($ann->run('document.getElementById("box").value + "|" + document.getElementById("note").value'), 'this is a fine text of many words 1|a note', 'back to what was written');
$pick->($ann, 10, 14);
$ann->type('better');
$ann->key('Enter', 'ctrl');
$ann->until('now && now.at == 1');

# two at once
my $bea = $b->open("$s->{url}?who=bea", 400, 900, dark => 1);
$bea->until('now');
ok($bea->run('now.id') ne $ann->run('now.id'), 'a second person has another question');
ok($bea->run('document.documentElement.scrollWidth <= 400'), 'nothing is wider than 400 pixels');
$pick->($bea, 10, 13);
$bea->type('dear');

# a page that is loaded again keeps what was typed
my $id = $bea->run('now.id');
$bea->call('Page.reload');
$bea->until('now && document.getElementById("box").value.includes("dear")');
is($bea->run('now.id'), $id, 'loaded again: the same question and the same text');

# skip with a reason, nothing to change
$ann->key('s', 'alt');
is($ann->run('document.activeElement.id'), 'reason', 'to the reason by a key');
$ann->type('too hard');
$ann->key('Enter');
$ann->until('now && now.at == 2');
$ann->key('u', 'alt');
$ann->until('now && now.at == 3');

# the server is killed while bea saves, and comes back at the same address
my ($port) = $s->{host} =~ /:(\d+)/;
$s->stop('KILL');
$bea->key('Enter', 'ctrl');
$bea->until('!document.getElementById("trouble").hidden');
ok($text->($bea, 'trouble') =~ /does not answer/, 'a server that is gone is said');
$s = Page->start($command =~ s/:0/:$port/r, 'out');
$bea->until('now && now.at == 1');
is($text->($bea, 'place'), '2 of 6, 1 answered', 'and the answer is saved when it is back');

# to the end
for my $t ($ann, $bea) {
	for (1 .. 6) {
		last if !$t->run('now !== null');
		my $at = $t->run('now.at');
		my ($from) = $t->run('document.getElementById("box").value.indexOf("bad")');
		$pick->($t, $from, $from + 3);
		$t->type('good');
		$t->key('Enter', 'ctrl');
		$t->until("!now || now.at == $at + 1");
	}
	$t->until('!document.getElementById("end").hidden');
}
ok($text->($ann, 'sum') =~ /^\d edited, 1 left as they are, 1 skipped, in [\d.]+ minutes \(\d+ seconds each\)\.$/, 'a closing summary', $text->($ann, 'sum'));
is($ann->run('document.activeElement.id'), 'end-head', 'which has the focus');
$_->run('document.getElementById("finish").click()') for $ann, $bea;
is($s->stop, 0, 'the run ends');
my @out = do { open my $o, '<', 'out'; map { decode_json($_) } <$o> };
is(join(' ', map { $_->{id} } @out), 'q1 q2 q3 q4 q5 q6', 'every question once');
my %of = map { $_->{id} => $_ } @out;
is(join('|', @{ $of{q1} }{qw(edit chosen annotator note)}), 'edited|this is a better text of many words 1|ann|a note', 'the last edit counts');
is(join('|', sort map { "$_->{edit} " . ($_->{reason} // '') } grep { $_->{edit} ne 'edited' } @out), 'skipped too hard|unchanged ', 'outcomes');
is($of{$id}{chosen}, $of{$id}{rejected} =~ s/bad/dear/r, 'what was saved over the restart');
ok($of{q1}{seconds} > 0, 'an edit costs time');

# a judge
open my $p, '>', 'pairs';
print $p encode_json({ id => "j$_", prompt => "p$_", response => "good \x{e9} one $_", reference => "bad one $_" }), "\n" for 1 .. 3;
close $p;
$s = Page->start('fg-judge -q --page=127.0.0.1:0 --cache court pairs', 'verdicts');
my $j = $b->open("$s->{url}?who=ann", 1000, 900);
$j->until('now && now.at == 0');
my $side = $j->run('now.a.startsWith("good") ? "a" : "b"');
$j->run("document.getElementById('$side').focus(); document.getElementById('$side').setSelectionRange(5, 10)");
$j->key('m', 'alt');
is($j->run('document.querySelector("#spans mark").innerText'), "\x{e9} one", 'a marked stretch');
for my $at (0 .. 2) {
	$j->key($j->run('now.a.startsWith("good") ? "a" : "b"'));
	$j->until('!now || now.at == ' . ($at + 1));
}
$j->run('document.getElementById("finish").click()');
is($s->stop, 0, 'verdicts by keys');
@out = do { open my $o, '<', 'verdicts'; map { decode_json($_) } <$o> };
is(join(',', map { $_->{win} } @out), '1,1,1', 'of the one that was better');
is(encode_json($out[0]{response_spans}), '[[5,11]]', 'and bytes of the stretch');
my @c = grep { !/status of 422|ERR_CONNECTION|ERR_EMPTY/ } $b->complaints;
is(scalar @c, 0, 'no script failed, no policy was broken');
print "# $_\n" for @c;
print "1..$n\n";
P
perl -I"$src/tests" drive.pl >tap 2>perl.err || cat perl.err >>tap
grep -q '^1\.\.0' tap && skip_all "no browser"
grep -v '^1\.\.' tap | while IFS= read -r line; do
	case $line in
	"ok "*) tap ok "${line#ok * - }" ;;
	"not ok "*) tap "not ok" "${line#not ok * - }" ;;
	*) echo "# $line" ;;
	esac
done
ok "the whole script ran" grep -q '^1\.\.' tap
done_testing
