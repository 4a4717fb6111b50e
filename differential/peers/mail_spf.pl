# Judges SPF cases with Mail::SPF: a case a line on standard input, a verdict a line on standard output.

use strict;
use warnings;

use JSON::PP;
use Mail::SPF;
use Net::DNS;

# A resolver that knows a small world.
package Resolver;

sub new { return bless { zone => {}, error => '' }, shift }
sub errorstring { my ($self) = @_; return $self->{error} }

sub send {
    my ($self, $name, $type) = @_;
    $self->{error} = '';
    my $node = $self->{zone}{ lc $name };
    if (defined $node and $node->{fails}) {
        $self->{error} = 'query timed out';
        return undef;
    }
    my $packet = eval { Net::DNS::Packet->new($name, $type) };
    if (!defined $packet) {
        # Not a name that can be asked for, so there is nothing.
        $packet = Net::DNS::Packet->new('invalid', $type);
    }
    $packet->header->qr(1);
    if (!defined $node) {
        $packet->header->rcode('NXDOMAIN');
        return $packet;
    }
    for my $record (@{ $node->{$type} || [] }) {
        my %rr = (owner => $name, type => $type);
        if ($type eq 'TXT') { $rr{txtdata} = [ $record =~ /(.{1,255})/sg ]; $rr{txtdata} = [''] if $record eq '' }
        elsif ($type eq 'MX') { @rr{qw(preference exchange)} = @$record }
        elsif ($type eq 'PTR') { $rr{ptrdname} = $record }
        else { $rr{address} = $record }
        $packet->push(answer => Net::DNS::RR->new(%rr));
    }
    return $packet;
}

package main;

$| = 1;
$SIG{__WARN__} = sub { };
my $json = JSON::PP->new->utf8;
my $resolver = Resolver->new;
my $server = Mail::SPF::Server->new(dns_resolver => $resolver, hostname => 'receiver.example');
while (my $line = <STDIN>) {
    my $case = $json->decode($line);
    $resolver->{zone} = $case->{zone};
    my $verdict = eval {
        my $request = Mail::SPF::Request->new(
            versions => [1],
            scope => 'mfrom',
            identity => length $case->{mail_from} ? $case->{mail_from} : "postmaster\@$case->{helo}",
            ip_address => $case->{ip},
            helo_identity => $case->{helo},
        );
        my $result = $server->process($request);
        my $text = $result->code . ' ' . $result->text;
        $text =~ s/[^!-~]+/ /g;
        $text;
    };
    if (!defined $verdict) {
        my $error = "$@";
        $error =~ s/\s+/ /g;
        $verdict = "crash $error";
    }
    print "$verdict\n";
}
