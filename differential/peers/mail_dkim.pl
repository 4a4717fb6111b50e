# Judges DKIM cases with Mail::DKIM: a case a line on standard input, a verdict a line on standard output.

use strict;
use warnings;

use MIME::Base64 qw(decode_base64);
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;

# A resolver that knows one name.
package Resolver;

sub new { my ($class, %self) = @_; return bless {%self}, $class }
sub errorstring { my ($self) = @_; return $self->{error} }

sub send {
    my ($self, $asked, $type) = @_;
    $self->{error} = '';
    if ($self->{key} eq 'failed') {
        $self->{error} = 'SERVFAIL';
        return undef;
    }
    my $packet = Net::DNS::Packet->new($asked, $type);
    $packet->header->qr(1);
    if ($self->{key} eq 'missing' or lc($asked) ne $self->{name}) {
        $packet->header->rcode('NXDOMAIN');
        return $packet;
    }
    for my $record (split /,/, $self->{key}, -1) {
        my @strings = MIME::Base64::decode_base64($record) =~ /(.{1,255})/sg;
        @strings = ('') if !@strings;
        $packet->push(answer => Net::DNS::RR->new(owner => $asked, type => 'TXT', txtdata => \@strings));
    }
    return $packet;
}

# Asynchronous queries are answered at once.
sub bgsend { my ($self, @question) = @_; return { packet => $self->send(@question) } }
sub bgisready { return 1 }
sub bgbusy { return 0 }
sub bgread { my ($self, $handle) = @_; return $handle->{packet} }

package main;

$| = 1;
$SIG{__WARN__} = sub { };
while (my $line = <STDIN>) {
    chomp $line;
    my ($message, $name, $key) = split /\t/, $line, -1;
    Mail::DKIM::DNS::resolver(Resolver->new(name => $name, key => $key, error => ''));
    my $verdict = eval {
        my $verifier = Mail::DKIM::Verifier->new(Strict => 1);
        $verifier->PRINT(decode_base64($message));
        $verifier->CLOSE;
        my $detail = $verifier->result_detail;
        $detail =~ s/\s+/ /g;
        $verifier->result eq 'pass' ? 'pass'
            : $verifier->result eq 'temperror' ? 'temperror'
            : $detail =~ /DNS error|SERVFAIL|timeout/ ? "temperror $detail"
            : "permfail $detail";
    };
    if (!defined $verdict) {
        my $error = $@;
        $error =~ s/\s+/ /g;
        $verdict = "crash $error";
    }
    print "$verdict\n";
}
