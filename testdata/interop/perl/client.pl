#!/usr/bin/perl
# Speaks to the gateway with SOAP::Lite, which makes its stubs from the WSDL, and prints what it hears as JSON.
#
#     client.pl http://127.0.0.1:8466/soap/document_literal/webservice?wsdl document
#     client.pl http://127.0.0.1:8466/soap/webservice_vs.php?wsdl rpc

use strict;
use warnings;
use utf8;

use JSON::PP ();
use SOAP::Lite;

# The gateway, with its operations: $gateway->call(ping => session_id => '...').
package Gateway;

sub new {
    my ($class, $wsdl, $rpc) = @_;
    my $schema = SOAP::Schema->schema_url($wsdl)->parse;
    my ($service) = keys %{ $schema->services };
    my $operations = $schema->services->{$service};

    # Of a Document/Literal call SOAP::Lite's stubs know one parameter named "parameters". Without it they pass on what they get.
    unless ($rpc) {
        $_->{parameters} = [] for values %$operations;
    }
    $schema->load;

    my $stub = $service->new->want_som(1);
    $stub->autotype(0)->encodingStyle('') unless $rpc;
    $stub->on_fault(sub {
        my ($soap, $answer) = @_;    # a fault, or what is wrong with the answer
        die Gateway::Fault->new($answer) if ref $answer;
        die $soap->transport->is_success ? $answer : $soap->transport->status . "\n";
    });
    return bless { stub => $stub, rpc => $rpc, operations => $operations }, $class;
}

# call gives the string or the list of strings that the gateway answers.
sub call {
    my ($self, $operation, @arguments) = @_;
    my $answer = $self->{stub}->$operation($self->parameters($operation, @arguments));
    return $answer->result if $self->{rpc};
    my @lines = $answer->paramsall;
    return @lines == 1 ? $lines[0] : \@lines;
}

# ping_as pings with a SOAPAction other than the WSDL's.
sub ping_as {
    my ($self, $action, $session) = @_;
    my $stub = $self->{stub}->on_action(sub { qq("$action") });
    return $stub->SOAP::Lite::call(ping => SOAP::Data->name(session_id => $session))->result;
}

# In RPC, stubs take every part by position. In Document/Literal, elements travel in the order in which they are given.
sub parameters {
    my ($self, $operation, @arguments) = @_;
    if ($self->{rpc}) {
        my %value = @arguments;
        return map { $value{ $_->name } } @{ $self->{operations}{$operation}{parameters} };
    }
    my @elements;
    while (my ($name, $value) = splice @arguments, 0, 2) {
        # SOAP::Lite escapes nothing where it writes no types.
        push @elements, map { SOAP::Data->name($name => SOAP::Utils::encode_data($_)) } ref $value ? @$value : $value;
    }
    return @elements;
}

# How the stub writes the WSDL's ArrayOfString: without it, numbers would travel as xsd:long.
sub SOAP::Serializer::as_ArrayOfString {
    my ($self, $strings, $name, $type, $attributes) = @_;
    return [$name, $attributes, $strings && [map { SOAP::Data->name(item => $_)->type('string') } @$strings]];
}

# A request that the gateway could not take.
package Gateway::Fault;

use overload '""' => sub { "$_[0]{code}: $_[0]{text}\n" };

sub new {
    my ($class, $answer) = @_;
    my ($detail) = values %{ $answer->faultdetail || {} };
    return bless {
        code   => $answer->faultcode,
        text   => $answer->faultstring,
        detail => ref $detail ? (values %$detail)[0] : undef,
    }, $class;
}

package main;

# id_in gives the session, message or batch id in an answer, or in its first line.
sub id_in {
    my ($answer) = @_;
    my ($id) = (ref $answer ? $answer->[0] : $answer) =~ /([0-9a-f]{32})/ or die "There is no id in the answer.\n";
    return $id;
}

my ($wsdl, $binding) = @ARGV;
my $rpc       = $binding eq 'rpc';
my $client_id = $rpc ? 'cliMsgId' : 'climsgid';
my $coverage  = $rpc ? 'routeCoverage' : 'routecoverage';
my $gateway   = Gateway->new($wsdl, $rpc);
my %heard;

$heard{'auth'} = $gateway->call(auth => api_id => 1, user => 'demo', password => 'demo');
my @session = (session_id => id_in($heard{'auth'}));
$heard{'ping'} = $gateway->call(ping => @session);

$heard{'sendmsg'} = $gateway->call(
    sendmsg     => @session,
    text        => 'Gate B7 <boarding> 14:20 & Grüße für 5 €',
    to          => ['12025550101'],
    from        => 'ACME',
    concat      => 3,
    deliv_ack   => 1,
    max_credits => 2,
    $client_id  => 'interop1',
    validity    => 60,
);
my $message = id_in($heard{'sendmsg'});
$heard{'sendmsg to several'} =
    $gateway->call(sendmsg => @session, text => 'Hello', to => ['12025550102', '12025550103', '99912345']);
$heard{'querymsg by apimsgid'} = $gateway->call(querymsg => @session, apimsgid => $message);
$heard{'querymsg by climsgid'} = $gateway->call(querymsg => @session, climsgid => 'interop1');
$heard{'getmsgcharge'} = $gateway->call(getmsgcharge => @session, apimsgid => $message);

$heard{'sendmsg later'} = $gateway->call(sendmsg => @session, text => 'Later', to => ['12025550104'], deliv_time => 60);
$heard{'delmsg'} = $gateway->call(delmsg => @session, apimsgid => id_in($heard{'sendmsg later'}));

$heard{'coverage'}    = $gateway->call($coverage => @session, msisdn => '12025550101');
$heard{'no coverage'} = $gateway->call($coverage => @session, msisdn => '99912345');
$heard{'token_pay'}   = $gateway->call(token_pay => @session, token => '1234567890123456');
$heard{'getbalance'}  = $gateway->call(getbalance => @session);

$heard{'si_push'} = $gateway->call(
    si_push    => @session,
    to         => ['12025550105', '12025550106'],
    si_id      => 'offer1',
    si_url     => 'http://example.com/?a=1&b=2',
    si_text    => 'An offer',
    si_created => '2026-01-01T19:30:41Z',
    si_action  => 'signal-high',
);
$heard{'ind_push'} = $gateway->call(
    ind_push    => @session,
    to          => ['12025550107'],
    mms_subject => 'A picture',
    mms_class   => '80',
    mms_expire  => '3600',
    mms_from    => 'ACME',
    mms_url     => 'http://example.com/mms',
);

$heard{'startbatch'} = $gateway->call(startbatch => @session, from => 'ACME', template => 'Dear #field1#, code #field2#');
my @batch = (batch_id => id_in($heard{'startbatch'}));
$heard{'senditem'} = $gateway->call(senditem => @session, @batch, to => ['12025550108'], field1 => 'Ann', field2 => '42');
$heard{'quicksend'} = $gateway->call(quicksend => @session, @batch, to => ['12025550109', '12025550110']);
$heard{'endbatch'} = $gateway->call(endbatch => @session, @batch);

# What the gateway refuses is a result that begins with ERR; a fault is a request that it could not take.
$heard{'unknown session'} = $gateway->call(ping => session_id => '0' x 32);
eval { $gateway->ping_as('http://api.clickatell.com/soap/webservice_vs.php/sendmsg', $session[1]); 1 } or do {
    die $@ unless ref $@;
    $heard{'fault'} = { %{$@} };
};

print JSON::PP->new->utf8->canonical->pretty->encode(\%heard);
