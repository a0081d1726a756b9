#!/usr/bin/env php
<?php
// Speaks to the gateway with PHP's SoapClient, which makes its stubs from the WSDL, and prints what it hears as JSON.
//
//     client.php http://127.0.0.1:8466/soap/document_literal/webservice?wsdl document
//     client.php http://127.0.0.1:8466/soap/webservice_vs.php?wsdl rpc

declare(strict_types=1);

/** The gateway, with an operation as a method and named arguments: $gateway->ping(session_id: '...'). */
final class Gateway extends SoapClient
{
    /** A SOAPAction in place of the WSDL's. */
    public ?string $action = null;

    public function __construct(string $wsdl, private bool $rpc)
    {
        parent::__construct($wsdl, [
            'cache_wsdl' => WSDL_CACHE_NONE,
            // A single <return> is a list as well, where the WSDL allows several.
            'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        ]);
    }

    public function __call(string $operation, array $arguments): mixed
    {
        if (!$this->rpc) {
            return $this->__soapCall($operation, [$arguments])->return;
        }
        // RPC stubs take every part by position; one that is not meant travels as nil.
        return $this->__soapCall($operation, array_map(fn ($part) => $arguments[$part] ?? null, $this->parts($operation)));
    }

    // PHP 8.5 has one more parameter than PHP 8.4.
    public function __doRequest(string $request, string $location, string $action, int $version, bool $oneWay = false, mixed ...$more): ?string
    {
        return parent::__doRequest($request, $location, $this->action ?? $action, $version, $oneWay, ...$more);
    }

    /** The names in "string ping(string $session_id)". */
    private function parts(string $operation): array
    {
        foreach ($this->__getFunctions() as $signature) {
            if (str_contains($signature, " $operation(")) {
                preg_match_all('/\$(\w+)/', $signature, $names);
                return $names[1];
            }
        }
        throw new InvalidArgumentException("the WSDL has no operation $operation");
    }
}

/** The session, message or batch id in an answer, or in its first line. */
function idIn(string|array $answer): string
{
    preg_match('/[0-9a-f]{32}/', ((array) $answer)[0] ?? '', $id);
    return $id[0] ?? throw new RuntimeException('there is no id in ' . json_encode($answer));
}

[, $wsdl, $binding] = $argv;
$rpc = $binding === 'rpc';
$clientId = $rpc ? 'cliMsgId' : 'climsgid';
$coverage = $rpc ? 'routeCoverage' : 'routecoverage';
$gateway = new Gateway($wsdl, $rpc);
$heard = [];

$heard['auth'] = $gateway->auth(api_id: 1, user: 'demo', password: 'demo');
$session = ['session_id' => idIn($heard['auth'])];
$heard['ping'] = $gateway->ping(...$session);

$heard['sendmsg'] = $gateway->sendmsg(...$session, ...[
    'to' => ['12025550101'],
    'text' => "Gate B7 <boarding> 14:20 & Grüße für 5 €",
    'from' => 'ACME',
    'concat' => 3,
    'deliv_ack' => 1,
    'max_credits' => 2,
    'validity' => 60,
    $clientId => 'interop1',
]);
$message = idIn($heard['sendmsg']);
$heard['sendmsg to several'] = $gateway->sendmsg(...$session, to: ['12025550102', '12025550103', '99912345'], text: 'Hello');
$heard['querymsg by apimsgid'] = $gateway->querymsg(...$session, apimsgid: $message);
$heard['querymsg by climsgid'] = $gateway->querymsg(...$session, climsgid: 'interop1');
$heard['getmsgcharge'] = $gateway->getmsgcharge(...$session, apimsgid: $message);

$heard['sendmsg later'] = $gateway->sendmsg(...$session, to: ['12025550104'], text: 'Later', deliv_time: 60);
$heard['delmsg'] = $gateway->delmsg(...$session, apimsgid: idIn($heard['sendmsg later']));

$heard['coverage'] = $gateway->$coverage(...$session, msisdn: '12025550101');
$heard['no coverage'] = $gateway->$coverage(...$session, msisdn: '99912345');
$heard['token_pay'] = $gateway->token_pay(...$session, token: '1234567890123456');
$heard['getbalance'] = $gateway->getbalance(...$session);

$heard['si_push'] = $gateway->si_push(...$session, ...[
    'to' => ['12025550105', '12025550106'],
    'si_id' => 'offer1',
    'si_url' => 'http://example.com/?a=1&b=2',
    'si_text' => 'An offer',
    'si_created' => '2026-01-01T19:30:41Z',
    'si_action' => 'signal-high',
]);
$heard['ind_push'] = $gateway->ind_push(...$session, ...[
    'to' => ['12025550107'],
    'mms_subject' => 'A picture',
    'mms_class' => '80',
    'mms_expire' => '3600',
    'mms_from' => 'ACME',
    'mms_url' => 'http://example.com/mms',
]);

$heard['startbatch'] = $gateway->startbatch(...$session, template: 'Dear #field1#, code #field2#', from: 'ACME');
$batch = ['batch_id' => idIn($heard['startbatch'])];
$heard['senditem'] = $gateway->senditem(...$session, ...$batch, to: ['12025550108'], field1: 'Ann', field2: '42');
$heard['quicksend'] = $gateway->quicksend(...$session, ...$batch, to: ['12025550109', '12025550110']);
$heard['endbatch'] = $gateway->endbatch(...$session, ...$batch);

// What the gateway refuses is a result that begins with ERR; a SoapFault is a request that it could not take.
$heard['unknown session'] = $gateway->ping(session_id: str_repeat('0', 32));
try {
    $gateway->action = 'http://api.clickatell.com/soap/webservice_vs.php/sendmsg';
    $gateway->ping(...$session);
} catch (SoapFault $fault) {
    $detail = $fault->detail->pingFault->pingFault ?? null;
    $heard['fault'] = ['code' => $fault->faultcode, 'text' => $fault->faultstring, 'detail' => $detail];
}

echo json_encode($heard, JSON_THROW_ON_ERROR | JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
