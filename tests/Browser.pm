# A headless Chromium for the tests, driven over its DevTools protocol.
#	my $b = Browser->new;			undef where there is none
#	my $t = $b->open($url, $width, $height, dark => 1);
#	$t->run('document.title')		the value of an expression, or of its promise
#	$t->until('expression')			wait until it is true; dies after a minute
#	$t->type('text');  $t->key('Enter', 'ctrl');  $t->shot('file.png');  $t->close
package Browser;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use File::Temp 'tempdir';
use Time::HiRes qw(sleep time);

sub new {
	my ($name) = grep { my $n = $_; grep { -x "$_/$n" } split /:/, $ENV{PATH} } qw(chromium chromium-browser google-chrome);
	return unless $name;
	my $self = bless { dir => tempdir(CLEANUP => 1), next => 1, events => [] };
	my $err;
	$self->{pid} = CORE::open($err, '-|', "exec $name --headless --no-sandbox --disable-gpu --disable-dev-shm-usage " .
	    "--force-color-profile=srgb --remote-debugging-port=0 --user-data-dir=$self->{dir} about:blank 2>&1") or return;
	$self->{err} = $err;
	while (my $l = <$err>) {
		next unless $l =~ m{ws://([\d.]+):(\d+)(/\S+)};
		$self->{sock} = handshake($1, $2, $3) or return;
		return $self;
	}
	return;
}

sub handshake {
	my ($host, $port, $path) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or return;
	print $s "GET $path HTTP/1.1\r\nHost: $host:$port\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" .
	    "Sec-WebSocket-Key: " . encode_base64('0123456789abcdef', '') . "\r\nSec-WebSocket-Version: 13\r\n\r\n";
	while (my $l = <$s>) { return $s if $l eq "\r\n" }
	return;
}

sub put {
	my ($self, $text) = @_;
	my $n = length $text;
	my $head = pack 'C', 0x81;
	$head .= $n < 126 ? pack('C', 0x80 | $n) : $n < 65536 ? pack('Cn', 0x80 | 126, $n) : pack('CQ>', 0x80 | 127, $n);
	# a mask of zeros leaves the text as it is
	print { $self->{sock} } $head . "\0\0\0\0" . $text;
	$self->{sock}->flush;
}

sub take {
	my ($self) = @_;
	my $text = '';
	while (1) {
		read($self->{sock}, my $h, 2) or die "the browser has gone\n";
		my ($a, $n) = unpack 'CC', $h;
		if ($n == 126) { read $self->{sock}, $h, 2; $n = unpack 'n', $h }
		elsif ($n == 127) { read $self->{sock}, $h, 8; $n = unpack 'Q>', $h }
		read($self->{sock}, my $part, $n);
		$text .= $part if ($a & 15) < 3;
		return decode_json($text) if $a & 0x80 && ($a & 15) < 3;
	}
}

sub call {
	my ($self, $method, $args, $session) = @_;
	my $id = $self->{next}++;
	$self->put(encode_json({ id => $id, method => $method, params => $args // {}, $session ? (sessionId => $session) : () }));
	local $SIG{ALRM} = sub { die "$method: no answer from the browser\n" };
	alarm 60;
	while (1) {
		my $m = $self->take;
		push @{ $self->{events} }, $m if $m->{method} && $m->{method} =~ /exceptionThrown|entryAdded/;
		next unless ($m->{id} // 0) == $id;
		alarm 0;
		die "$method: $m->{error}{message}\n" if $m->{error};
		return $m->{result};
	}
}

sub open {
	my ($self, $url, $width, $height, %how) = @_;
	my $t = $self->call('Target.createTarget', { url => 'about:blank' })->{targetId};
	my $s = $self->call('Target.attachToTarget', { targetId => $t, flatten => JSON::PP::true })->{sessionId};
	my $tab = bless { browser => $self, session => $s, target => $t }, 'Browser::Tab';
	$tab->call($_) for 'Runtime.enable', 'Page.enable', 'Log.enable';
	$tab->call('Emulation.setDeviceMetricsOverride', { width => $width // 1000, height => $height // 800,
		deviceScaleFactor => 1, mobile => JSON::PP::false });
	$tab->call('Emulation.setEmulatedMedia', { features => [{ name => 'prefers-color-scheme',
		value => $how{dark} ? 'dark' : 'light' }] });
	$tab->call('Page.navigate', { url => $url });
	return $tab;
}

# What scripts threw, and what the browser complained of.
sub complaints {
	my ($self) = @_;
	return map { $_->{params}{exceptionDetails}{exception}{description} // $_->{params}{entry}{text} // '?' } @{ $self->{events} };
}

sub DESTROY {
	my ($self) = @_;
	local $?;
	kill 'TERM', $self->{pid} if $self->{pid};
	waitpid $self->{pid}, 0 if $self->{pid};
}

package Browser::Tab;
use MIME::Base64;
use Time::HiRes qw(sleep time);

sub call { my ($t, $method, $args) = @_; return $t->{browser}->call($method, $args, $t->{session}) }

sub run {
	my ($t, $js) = @_;
	my $r = $t->call('Runtime.evaluate', { expression => $js, returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true });
	die "$js: " . ($r->{exceptionDetails}{exception}{description} // '?') . "\n" if $r->{exceptionDetails};
	return $r->{result}{value};
}

sub until {
	my ($t, $js) = @_;
	my $end = time + 60;
	while (time < $end) {
		return 1 if eval { $t->run("!!($js)") };
		sleep 0.05;
	}
	die "never: $js\n" . ($t->run('document.body.innerText') // '') . "\n";
}

sub type { my ($t, $text) = @_; $t->call('Input.insertText', { text => $text }) }

sub key {
	my ($t, $key, @with) = @_;
	my %bit = (alt => 1, ctrl => 2, meta => 4, shift => 8);
	my $mod = 0;
	$mod |= $bit{$_} for @with;
	my $code = length $key == 1 ? 'Key' . uc $key : $key;
	my %vk = (Enter => 13, ArrowLeft => 37, ArrowRight => 39, ArrowUp => 38, ArrowDown => 40, Tab => 9, Home => 36, End => 35, Backspace => 8);
	my %e = (key => $key, code => $code, modifiers => $mod, windowsVirtualKeyCode => $vk{$key} // ord uc $key);
	my $text = $key eq 'Enter' ? "\r" : length $key == 1 ? $key : undef;
	$t->call('Input.dispatchKeyEvent', { type => 'keyDown', %e, defined $text && !($mod & 7) ? (text => $text) : () });
	$t->call('Input.dispatchKeyEvent', { type => 'keyUp', %e });
}

sub shot {
	my ($t, $file, %how) = @_;
	my $r = $t->call('Page.captureScreenshot', { format => 'png', $how{whole} ? (captureBeyondViewport => JSON::PP::true) : () });
	my $f;
	CORE::open($f, '>', $file) or die "$file: $!\n";
	binmode $f;
	print $f decode_base64($r->{data});
	CORE::close($f);
}

sub close { my ($t) = @_; $t->{browser}->call('Target.closeTarget', { targetId => $t->{target} }) }

1;
