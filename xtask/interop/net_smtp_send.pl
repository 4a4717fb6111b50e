# Perl's Net::SMTP as a client with the options of `passerelle send`, exit codes too.

use strict;
use warnings;

use Getopt::Long;
use Net::SMTP;

my (%option, @recipients);
$option{tls} = 'none';
GetOptions(
    \%option, 'to=s', 'from=s', 'tls=s', 'ca=s', 'tls-name=s', 'auth=s', 'auth-mechanism=s',
    'rcpt=s' => \@recipients,
) or exit 2;

my ($host, $port) = $option{to} =~ /\A(.*):(\d+)\z/;
my @tls = (SSL_ca_file => $option{ca}, SSL_verifycn_name => $option{'tls-name'}, SSL_hostname => $option{'tls-name'});
my @implicit = $option{tls} eq 'implicit' ? (SSL => 1, @tls) : ();
my $smtp = Net::SMTP->new($host, Port => $port, Hello => 'client.test', Timeout => 60, @implicit)
    or fail("no connection: $@");
if ($option{tls} eq 'starttls') {
    $smtp->starttls(@tls) or fail('STARTTLS: ' . $smtp->message);
}
if ($option{auth}) {
    require Authen::SASL;
    my ($user, $file) = split /:/, $option{auth}, 2;
    my $password = contents($file);
    chomp $password;
    my $sasl = Authen::SASL->new(
        mechanism => $option{'auth-mechanism'},
        callback  => { user => $user, authname => $user, pass => $password },
    );
    $smtp->auth($sasl) or refused();
}
my $message = contents($ARGV[0]);
my %parameters;
$parameters{Bits} = 8 if $message =~ /[^\x00-\x7f]/ && defined $smtp->supports('8BITMIME');
$smtp->mail($option{from}, %parameters) or refused();
$smtp->recipient(@recipients) or refused();
$smtp->data or refused();
# The last line end is Net::SMTP's to write.
$smtp->datasend($message) && $smtp->dataend or refused();
$smtp->quit;

sub contents {
    my ($name) = @_;
    open my $file, '<:raw', $name or die "$name: $!";
    local $/;
    return scalar <$file>;
}

sub refused {
    print STDERR $smtp->code, ' ', $smtp->message;
    exit(($smtp->code || 0) >= 500 ? 1 : 3);
}

sub fail {
    print STDERR "$_[0]\n";
    exit 3;
}
