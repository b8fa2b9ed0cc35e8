#!/bin/sh
# The server of --page: who gets which question, what is on disk, and hostile requests.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"
perl -MJSON::PP -e 1 2>/dev/null || skip_all "no perl with JSON::PP"
for i in 1 2 3 4; do echo "{\"id\":\"q$i\",\"prompt\":\"p <b>$i</b>\",\"rejected\":\"this is a bad text of words $i\"}"; done >four
fg-edit --page=127.0.0.1:0 --cache probe /dev/null 2>err </dev/null
fg-edit --page=127.0.0.1:x --cache probe four 2>err </dev/null
grep -q 'without libmicrohttpd\|libmicrohttpd.so' err && skip_all "no libmicrohttpd"
exits 2 "--page without a file for what is written" fg-edit --page four
is "is told so" "$(head -1 err)" "fg-edit: --page needs --cache: a file for what people write"
for at in 127.0.0.1:x 127.0.0.1 127.0.0.1:70000; do
	exits 2 "an address that is not one: $at" fg-edit --page=$at --cache c four
	is "is shown" "$(head -1 err)" "fg-edit: --page: expected ADDR:PORT, got '$at'"
done

cat >drive.pl <<'P'
use strict;
use warnings;
use Page;
use JSON::PP;
use Time::HiRes qw(sleep time);
my $n = 0;
sub ok { my ($yes, $what, @more) = @_; $n++; print $yes ? "ok" : "not ok", " $n - $what\n"; print map { "# $_\n" } @more if !$yes }
sub is { my ($got, $want, $what) = @_; ok($got eq $want, $what, "got:  $got", "want: $want") }
my $begin = 'fg-edit -q --page=127.0.0.1:0 --cache desk --max-ratio 0.5 --each 2 four';
my $s = Page->start($begin, 'out');
ok($s->{url}, 'the address is printed');

# ---- who gets what ----
my %said = (ann => [], bea => [], cid => []);
sub turn { my ($who, $at) = @_; return $s->post('turn', { who => $who, at => $at }) }
sub save { my ($who, $item, %a) = @_; return $s->post('save', { who => $who, item => $item, answer => { seconds => 1.5, %a } }) }
sub good { my ($t) = @_; (my $g = $t->{text}) =~ s/bad/$_[1]/; return $g }
my $run = $s->post('start', { who => 'ann' });
is("$run->{task} $run->{limit} $run->{at}", 'edit 0.5 0', 'the run');
my $a = turn('ann', 0);
is("$a->{id} $a->{prompt} $a->{text}", 'q1 p <b>1</b> this is a bad text of words 1', 'the first question');
is(turn('ann', 0)->{id}, 'q1', 'a page that is loaded again has the same one');
turn('ann', 5);
is($s->{status}, 400, 'no place is jumped over');
my $b = turn('bea', 0);
is($b->{id}, 'q2', 'a second person begins where fewest are');
is(turn('cid', 0)->{id}, 'q3', 'and a third');
my $r = save('ann', $a->{item}, chosen => 'something else altogether here');
is("$s->{status} $r->{why}", '422 the edit changes 100% of the words; change less', 'a refused edit says why');
is(turn('ann', 0)->{answer} // 'none', 'none', 'and is not kept');
for my $bad ('', ' ', 'this is a bad text of words 1') {
	save('ann', $a->{item}, chosen => $bad);
	is($s->{status}, 422, "refused: '$bad'");
}
$r = save('ann', $a->{item}, chosen => good($a, 'good'), note => 'n "1"');
ok($r->{saved}, 'an edit is saved');
is($r->{counts}{done}, 1, 'and counted');
open my $f, '<', 'desk';
ok((grep { /this is a good text of words 1/ } <$f>), 'it is in the file');
save('ann', $b->{item}, chosen => good($b, 'good'));
is($s->{status}, 409, 'nobody answers what he was not given');
save('ann', $a->{item}, chosen => good($a, 'fine'), note => 'n "1"');
is(turn('ann', 0)->{answer}{chosen}, 'this is a fine text of words 1', 'back, and changed');
is($s->post('start', { who => 'ann' })->{at}, 1, 'a person who comes back continues after his answers');
save('bea', $b->{item}, edit => 'skipped', reason => 'no idea');

# ---- killed, and started again ----
my $c = turn('ann', 1);
$s->stop('KILL');
$s = Page->start($begin, 'out');
my $url = $s->{path};
is(turn('ann', 0)->{answer}{chosen}, 'this is a fine text of words 1', 'an answer outlives the server');
is(turn('ann', 1)->{id}, $c->{id}, 'and so does a question that is open');
is(turn('bea', 0)->{answer}{reason}, 'no idea', 'a skip, too');
ok(save('ann', $c->{item}, edit => 'unchanged')->{saved}, 'nothing to change');
my %had;
for my $who (qw(ann bea cid dora)) {
	for my $at (0 .. 9) {
		my $t = turn($who, $at);
		last if $t->{end};
		$had{"$who $t->{id}"}++;
		save($who, $t->{item}, chosen => good($t, "good$who")) if !$t->{answer};
		# killed at any moment
		if ($at == 1) {
			$s->stop('KILL');
			$s = Page->start($begin, 'out');
		}
	}
}
is($s->{path}, $url, 'the address keeps its secret');
ok(!(grep { $_ > 1 } values %had), 'nobody had a question twice');
my $t = turn('ann', scalar grep { /^ann / } keys %had);
is($t->{wanted}, 0, 'all is answered');
$s->post('finish', { who => $_ }) for qw(ann bea cid dora);
is($s->stop, 0, 'the run ends when all have said that they are done');
my @out = do { open my $o, '<', 'out'; map { decode_json($_) } <$o> };
is(scalar @out, 8, 'each question twice');
is(join(' ', map { $_->{id} } @out), 'q1 q1 q2 q2 q3 q3 q4 q4', 'in the order of the input');
my %pair;
$pair{"$_->{id} $_->{annotator}"}++ for @out;
ok(!(grep { $_ > 1 } values %pair), 'none twice');
my ($fine) = grep { $_->{id} eq 'q1' && $_->{annotator} eq 'ann' } @out;
is(join('|', @$fine{qw(edit chosen note seconds)}), 'edited|this is a fine text of words 1|n "1"|1.5', 'with all that was said');
is(system("$begin >again 2>again.err"), 0, 'a run that is answered asks nobody');
is(do { local (@ARGV, $/) = 'again'; <> }, do { local (@ARGV, $/) = 'out'; <> }, 'and says the same');

# ---- killed while two people save ----
my (%acked, $rounds);
srand(3);
open my $many, '>', 'many';
print $many encode_json({ id => "m$_", rejected => "this is a bad text of words $_" }), "\n" for 1 .. 40;
close $many;
my $long = 'fg-edit -q --page=127.0.0.1:0 --cache desk3 many';
$s = Page->start($long, 'out5');
for ($rounds = 0; $rounds < ($ENV{FG_SLOW} ? 60 : 8); $rounds++) {
	my @child = map {
		my $who = $_;
		my $pid = fork // die;
		if (!$pid) {
			open my $log, '>>', "acked.$who";
			my $at = ($s->post('start', { who => $who }) // exit)->{at};
			for (;; $at++) {
				my $t = turn($who, $at) or exit;
				exit if $t->{end};
				my $text = good($t, "good$who");
				my $r = save($who, $t->{item}, chosen => $text) or exit;
				exit if !$r->{saved};
				syswrite $log, "$t->{id}\t$text\n";
			}
		}
		$pid;
	} qw(ann bea);
	sleep 0.01 + rand 0.15;
	$s->stop('KILL');
	waitpid $_, 0 for @child;
	$s = Page->start($long, 'out5');
}
$s->stop('TERM');
for my $who (qw(ann bea)) {
	open my $log, '<', "acked.$who" or next;
	while (<$log>) { chomp; my ($id, $text) = split /\t/; $acked{$id} = $text }
}
@out = do { open my $o, '<', 'out5'; map { decode_json($_) } <$o> };
my %of = map { $_->{id} => $_->{chosen} } @out;
ok(keys %acked > 0 && !(grep { ($of{$_} // '') ne $acked{$_} } keys %acked), "$rounds kills: every edit that was acknowledged is in the output");
is(scalar keys %of, scalar @out, 'none twice');

# ---- hostile ----
$s = Page->start('fg-edit -q --page=127.0.0.1:0 --cache desk2 four', 'out2');
my $get = sub { my ($path, $host, $more) = @_; $s->raw("GET $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n" . ($more // '') . "\r\n") };
is($get->($s->{path}, $s->{host}), 200, 'the page');
ok($s->{head} =~ /Content-Security-Policy: default-src 'none'; style-src 'nonce-(\w{32})'/ && $s->{body} =~ /<script nonce="$1">/,
    'its policy lets in its own scripts alone');
ok($s->{body} !~ m{(src|href)="?(http|//)}, 'it needs no other file');
ok($s->{head} =~ /Referrer-Policy: no-referrer/ && $s->{head} =~ /X-Frame-Options: DENY/, 'tells nobody, and is in no frame');
(my $wrong = $s->{path}) =~ tr/0-9a-f/1-9a-f0/;
is($get->($wrong, $s->{host}), 404, 'another secret');
is($get->($_, $s->{host}), 404, "no secret: $_") for '/', '/x/', substr($s->{path}, 0, 20), "$s->{path}../", "$s->{path}x";
is($get->($s->{path}, 'evil.example'), 421, 'another host');
is($get->($s->{path}, "localhost:1"), 200, 'another name of this machine');
is($s->raw("GET $s->{path} HTTP/1.0\r\n\r\n"), 421, 'no host');
my %q = (who => 'eve', at => 0);
$s->post('turn', \%q, Origin => 'http://evil.example');
is($s->{status}, 403, 'a page of another origin');
$s->post('turn', \%q, Origin => "http://$s->{host}");
is($s->{status}, 200, 'its own origin');
$s->post('turn', \%q, 'Content-Type' => 'text/plain');
is($s->{status}, 415, 'a form of another page');
is($s->raw("PUT $s->{path}turn HTTP/1.1\r\nHost: $s->{host}\r\nContent-Length: 0\r\n\r\n"), 405, 'another method');
$s->post('turn', 'x' x 10_000_000);
is($s->{status}, 413, 'a body of 10 MB');
$s->post('turn', '{}', 'Content-Length' => '99999999999999999999999');
is($s->{status}, 413, 'a length beyond all');
$s->post('turn', '{}', 'Content-Length' => undef, 'Transfer-Encoding' => 'chunked');
is($s->{status}, 411, 'a length that is not said');
for my $x ('', '{', '[]', '{"who":1}', '{"who":""}', '{"who":"' . 'x' x 65 . '"}', "{\"who\":\"a\\u0000b\"}") {
	$s->post('turn', $x);
	is($s->{status}, 400, 'a body that is not a request: ' . substr($x, 0, 20));
}
for my $x ({ who => 'eve' }, { who => 'eve', at => -1 }, { who => 'eve', at => 1e15 }, { who => 'eve', at => 'x' }) {
	$s->post('turn', $x);
	is($s->{status}, 400, 'a place that is not one');
}
for my $item (99, 999999999) {
	$s->post('save', { who => 'eve', item => $item, answer => { chosen => 'x' } });
	is($s->{status}, 409, "a question that does not exist: $item");
}
for my $answer ([], 'x', {}, { chosen => 1 }, { seconds => -1, chosen => 'x' }, { note => [1] }) {
	$s->post('save', { who => 'eve', item => 0, answer => $answer });
	is($s->{status}, 400, 'an answer that is not one: ' . (ref $answer eq 'HASH' ? join ',', keys %$answer : $answer));
}
my $markup = '</script><script>alert(1)</script> "\\ <b>';
$s->post('turn', { who => $markup, at => 0 });
is($s->{status}, 200, 'a name of markup');
my $m = $s->post('save', { who => 'eve', item => 0, answer => { chosen => "this is a good text of words 1", note => $markup } });
is($s->post('turn', \%q)->{answer}{note}, $markup, 'and a note of it come back as they are');
my @slow = map { $s->connect } 1 .. 200;
print $_ "POST $s->{path}turn HTTP/1.1\r\nHost: $s->{host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{" for @slow;
is(scalar(grep { $_ } @slow), 200, '200 slow connections');
my $before = time;
$s->post('turn', \%q);
ok($s->{status} == 200 && time - $before < 2, 'do not hold up others');
my $large = "POST $s->{path}turn HTTP/1.1\r\nHost: $s->{host}\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n{";
my @large = map { my $c = $s->connect; print $c $large; $c->flush; $c } 1 .. 12;
sleep 0.3;
$s->post('turn', '{"who":"eve","at":0' . ' ' x 7_000_000 . '}');
is($s->{status}, 503, 'what is being read has a bound in all');
close $_ for @slow, @large;
sleep 0.3;
is($get->($s->{path}, $s->{host}), 200, 'the server is still there');
is($s->stop('TERM'), 0, 'and ends in good order');
is(do { local (@ARGV, $/) = 'out2'; my $l = <>; decode_json($l)->{note} }, $markup, 'with what was saved');
is(sprintf('%o', (stat 'desk2')[2] & 0777), '600', 'the file is its owner\'s alone');
$s = Page->start('fg-edit -q --page=127.0.0.1:0 --cache desk2 four', 'out3');
is(system('fg-edit -q --page=127.0.0.1:0 --cache desk2 four 2>second') >> 8, 2, 'a second server on one file');
is(do { local (@ARGV, $/) = 'second'; <> }, "fg-edit: desk2: another run has it open\n", 'is refused');
$s->stop('INT');

# ---- a judge ----
open my $pairs, '>', 'pairs';
print $pairs encode_json({ id => "j$_", prompt => "p$_", response => "good \x{e9}t\x{e9} $_", response_ends => [4, 10, 12],
	reference => "bad $_" }), "\n" for 1 .. 6;
close $pairs;
$s = Page->start('fg-judge -q --page=127.0.0.1:0 --cache desk4 pairs', 'out4');
my $turned = 0;
for my $at (0 .. 5) {
	my $j = turn('ann', $at);
	my $first = $j->{a} =~ /^good/;
	$turned++ if !$first;
	my $letter = $first ? 'A' : 'B';
	save('ann', $j->{item}, win => 3);
	is($s->{status}, 422, 'a verdict of three') if !$at;
	save('ann', $j->{item}, win => 1, spans => [{ text => $letter, from => 4, to => 400 }]);
	is($s->{status}, 422, 'a span beyond its text') if !$at;
	save('ann', $j->{item}, $at == 5 ? (edit => 'skipped', reason => 'same') :
	    (win => $first ? 1 : 0, spans => [{ text => $letter, from => 5, to => 8 }, { text => $letter, from => 6, to => 9 }]));
}
$s->post('finish', { who => 'ann' });
is($s->stop, 0, 'a judge\'s run');
@out = do { open my $o, '<', 'out4'; map { decode_json($_) } <$o> };
ok($turned > 0 && $turned < 6, 'the order is drawn by a hash');
is(join(',', map { $_->{win} // $_->{verdict} } @out), '1,1,1,1,1,skipped', 'verdicts, whichever was first');
is(encode_json([@{ $out[0] }{qw(response_spans response_label reference_spans)}]), '[[[5,9]],[0,-1,0],[]]', 'spans, and the labels of their tokens');
print "1..$n\n";
P
perl -I"$src/tests" drive.pl >tap 2>perl.err || cat perl.err >>tap
# the same lines in this test's own count
grep -v '^1\.\.' tap | while IFS= read -r line; do
	case $line in
	"ok "*) tap ok "${line#ok * - }" ;;
	"not ok "*) tap "not ok" "${line#not ok * - }" ;;
	*) echo "# $line" ;;
	esac
done
ok "the whole script ran" grep -q '^1\.\.' tap
done_testing
