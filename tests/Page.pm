# fg-edit --page and its like for the tests, and a client for what the page asks for.
#	my $s = Page->start('fg-edit --page=127.0.0.1:0 --cache desk in', 'out');
#	$s->{url};  $s->post('start', { who => 'ann' });  $s->{status}
#	$s->stop('TERM');		its exit status
package Page;
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(sleep);

sub start {
	my ($class, $command, $out) = @_;
	my $self = bless { err => "$out.err" };
	unlink "$out.err";
	$self->{pid} = fork // die;
	if (!$self->{pid}) {
		open STDOUT, '>', $out;
		open STDERR, '>', "$out.err";
		exec "exec $command";
	}
	for (1 .. 200) {
		if (open my $f, '<', "$out.err") {
			local $/;
			my $text = <$f> // '';
			($self->{url}, $self->{host}, $self->{path}) = ($1, $2, $3) if $text =~ m{(http://([^/]+)(/\w+/))\n};
			last if $self->{url} || waitpid($self->{pid}, 1) > 0;
		}
		sleep 0.05;
	}
	return $self;
}

sub stop {
	my ($self, $signal) = @_;
	kill $signal, $self->{pid} if $signal;
	for (1 .. 200) {
		return $? if waitpid($self->{pid}, 1) == $self->{pid};
		sleep 0.05;
	}
	kill 'KILL', $self->{pid};
	return -1;
}

sub connect { return IO::Socket::INET->new(PeerAddr => $_[0]{host}, Timeout => 10) }

# A request as it is; the status, and the body in $self->{body}.
sub raw {
	my ($self, $text) = @_;
	@$self{qw(status head body)} = (0, '', '');
	my $s = $self->connect or return 0;
	local $SIG{PIPE} = 'IGNORE';
	print $s $text;
	$s->flush;
	local $/;
	my $reply = <$s> // '';
	$self->{status} = $1 if $reply =~ m{^HTTP/1\.\d (\d+)};
	($self->{head}, $self->{body}) = split /\r\n\r\n/, $reply, 2;
	return $self->{status};
}

sub post {
	my ($self, $what, $body, %with) = @_;
	my $text = ref $body ? encode_json($body) : $body;
	my %head = (Host => $self->{host}, 'Content-Type' => 'application/json', 'Content-Length' => length $text,
		Connection => 'close', %with);
	$self->raw("POST " . ($with{path} // $self->{path}) . "$what HTTP/1.1\r\n" .
	    join('', map { defined $head{$_} && $_ ne 'path' ? "$_: $head{$_}\r\n" : () } sort keys %head) . "\r\n$text");
	return eval { decode_json($self->{body}) };
}

1;
