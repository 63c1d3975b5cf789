#!/usr/bin/env perl
# A server that forks for each request, as a web server without prefork does: fork-server.pl SOCKET
use strict;
use warnings;
use IO::Socket::UNIX;

# The kernel reaps them.
$SIG{CHLD} = 'IGNORE';
my $listener = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 64) or die "listen: $!";
while (1) {
  my $client = $listener->accept() or next;
  my $child = fork();
  die "fork: $!" unless defined $child;
  if ($child == 0) {
    sysread($client, my $request, 4096);
    my %fields = map { $_ => length $request } 1 .. 50;
    syswrite($client, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n" . scalar(keys %fields) . "\n");
    exit 0;
  }
  close $client;
}
