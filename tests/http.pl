#!/usr/bin/perl
# A server of chat completions for the tests, on a port of 127.0.0.1 that it writes to the
# file PORT; the path of a request says how it behaves.  usage: http.pl PORT
use strict;
use warnings;
use IO::Socket::INET;

my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64, ReuseAddr => 1) or die "listen: $!";
open my $f, '>', "$ARGV[0].new" or die;
print $f $s->sockport;
close $f;
rename "$ARGV[0].new", $ARGV[0];
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
alarm 600;

# true the first time that this is asked
sub first {
	my $name = "seen." . unpack('%32C*', $_[0]);
	return 0 if -e $name;
	open my $m, '>', $name;
	return 1;
}

sub quote {
	my $t = $_[0];
	$t =~ s/(["\\])/\\$1/g;
	$t =~ s/\n/\\n/g;
	return "\"$t\"";
}

sub answer {
	my ($c, $status, $body, $more) = @_;
	print $c "HTTP/1.1 $status x\r\nContent-Type: application/json\r\n", $more // '',
	    "Content-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
}

sub chat { return '{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":' . quote($_[0]) . '}}]}' }

while (my $c = $s->accept) {
	next if fork;
	my ($path, $len, $auth, $whole) = ('', 0, '', '');
	while (my $l = <$c>) {
		($path, $whole) = ($2, $1) if $l =~ m{^POST (/(\w+)\S*)};
		$len = $1 if $l =~ /^content-length: *(\d+)/i;
		$auth = $1 if $l =~ /^authorization: *(.*?)\r/i;
		last if $l =~ /^\r?$/;
	}
	read $c, my $q, $len;
	my ($user) = $q =~ /"role":"user","content":"((?:[^"\\]|\\.)*)"/;
	$user //= '';
	$user =~ s/\\n/\n/g;
	my ($text) = $user =~ /Response:\n(.*?)\n(?:\n|$)/s;
	$text //= '';
	(my $good = $text) =~ s/bad/good/g;
	my $again = $user =~ /refused/;
	if ($path eq 'busy' && first("busy$user")) { answer($c, 429, '{"error":"slow down"}', "Retry-After: 0\r\n") }
	elsif ($path eq 'dated' && first("dated$user")) { answer($c, 429, '{}', "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n") }
	elsif ($path eq 'flaky' && first("flaky$user")) { answer($c, 503, 'no') }
	elsif ($path eq 'error') { answer($c, 500, 'broken') }
	elsif ($path eq 'refuse') { answer($c, 400, '{"error":"what?"}') }
	elsif ($path eq 'garbage') { answer($c, 200, 'this is no JSON') }
	elsif ($path eq 'empty') { answer($c, 200, '{"choices":[]}') }
	elsif ($path eq 'huge') { answer($c, 200, ' ' x 9000000) }
	elsif ($path eq 'cut' && first("cut$user")) { print $c "HTTP/1.1 200 x\r\nContent-Length: 500\r\n\r\n{\"choi" }
	elsif ($path eq 'slow' && first("slow$user")) { sleep 3; answer($c, 200, chat($good)) }
	elsif ($path eq 'chatter' && !$again) { answer($c, 200, chat("Sure! Here is the edited response:\n\n$good")) }
	elsif ($path eq 'far' && !$again) { answer($c, 200, chat('something else altogether is what this says')) }
	elsif ($path eq 'stubborn') { answer($c, 200, chat($text)) }
	elsif ($path eq 'fence') { answer($c, 200, chat("```text\n$good\n```")) }
	elsif ($path eq 'quotes') { answer($c, 200, chat("\"$good\"\n")) }
	elsif ($path eq 'think') { answer($c, 200, chat("<think>\nhm\n</think>\n\n$good")) }
	elsif ($path eq 'nothing') { answer($c, 200, chat("UNCHANGED")) }
	elsif ($path eq 'parts') { answer($c, 200, '{"choices":[{"message":{"content":[{"type":"text","text":' . quote($good) . '}]}}]}') }
	elsif ($path eq 'file') { open my $f, '<', 'reply'; local $/; answer($c, 200, chat(<$f> // '')) }
	elsif ($path eq 'null') { answer($c, 200, '{"choices":[{"message":{"content":null}}]}') }
	elsif ($path eq 'void') { answer($c, 200, '{"choices":[]}') }
	elsif ($path eq 'refusal') { answer($c, 200, '{"choices":[{"message":{"content":null,"refusal":"I will not"}}]}') }
	elsif ($path eq 'path') { answer($c, 200, chat($whole)) }
	elsif ($path eq 'leak') { answer($c, 500, 'you sent ' . $auth =~ s/Bearer //r . ' and Basic') }
	elsif ($path eq 'later') { answer($c, 429, 'later', "Retry-After: 7200\r\n") }
	elsif ($path eq 'key') { answer($c, 200, chat($auth eq 'Bearer secret' ? $good : $text)) }
	elsif ($path eq 'judge') { answer($c, 200, chat($user =~ /Response A:[^:]*good.*Response B:/s ? ' A.' : 'B')) }
	else { answer($c, 200, chat($good)) }
	close $c;
	exit;
}
