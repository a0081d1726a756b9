<?php
// A strict gateway on PHP's SoapServer: it holds every call against the WSDL before the server decodes it.
//
//     WSDL=gateway.wsdl HEARD=heard.jsonl php -S 127.0.0.1:8467 gateway.php
//
// HEARD gets a line of JSON for each call: its operation and the arguments as the server decoded them. The path says how
// answers are encoded: /declared as the WSDL says; for RPC also /list, /map, /struct and /string, as a server that has no
// WSDL encodes a list, an array with keys, an object, and all lines in one string.

declare(strict_types=1);

require __DIR__ . '/description.php';

/** Answers every call to an operation alike. */
final class Gateway
{
    public function __construct(private Description $description, private DOMElement $call, private string $form)
    {
    }

    public function __call(string $operation, array $values): mixed
    {
        $arguments = $this->named($values);
        $heard = ['operation' => $operation, 'arguments' => $arguments];
        file_put_contents(getenv('HEARD'), json_encode($heard, JSON_UNESCAPED_UNICODE) . "\n", FILE_APPEND);
        if (($arguments['session_id'] ?? '') === 'broken') {
            throw new SoapFault('Server', 'The gateway is out of order.');
        }
        $lines = $this->lines($operation, $arguments);
        if (!$this->description->rpc) {
            return ['return' => $lines];
        }
        return $this->description->parts("{$operation}Output")['return'] === 'string' ? $lines : $this->formed((array) $lines);
    }

    /** In a document the elements come in one object; in RPC the parts by position, the WSDL's or the call's. */
    private function named(array $values): array
    {
        if (!$this->description->rpc) {
            return (array) $values[0];
        }
        $names = array_keys($this->description->parts("{$this->call->localName}Input"));
        if ($this->form !== 'declared') {
            $names = array_map(fn ($part) => $part->localName, iterator_to_array($this->call->childNodes));
        }
        return array_filter(array_combine($names, $values), fn ($value) => $value !== null);
    }

    private function lines(string $operation, array $arguments): string|array
    {
        $id = md5($operation);
        return match ($operation) {
            'auth' => "OK: $id",
            'ping' => 'OK:',
            'sendmsg' => $this->taken($arguments['to']),
            'querymsg' => "ID: $id Status: 004",
            'delmsg' => "ID: $id Status: 006",
            'getbalance' => 'Credit: 812.400',
            'routecoverage', 'routeCoverage' => 'OK: This prefix is served. Charge: 0.8',
            'getmsgcharge' => "apiMsgId: $id charge: 0.8 status: 004",
        };
    }

    /** Numbers that end in 99 are refused. */
    private function taken(array $to): array
    {
        return array_map(function (string $number) use ($to): string {
            $line = str_ends_with($number, '99') ? 'ERR: 114, Cannot route message' : 'ID: ' . md5($number);
            return count($to) === 1 ? $line : "$line To: $number";
        }, $to);
    }

    private function formed(array $lines): mixed
    {
        $keys = array_map(fn ($i) => "line$i", array_keys($lines));
        return match ($this->form) {
            'declared', 'list' => $lines,
            'map' => array_combine($keys, $lines),
            'struct' => (object) array_combine($keys, $lines),
            'string' => implode("\n", $lines),
        };
    }
}

$request = file_get_contents('php://input');
$envelope = new DOMDocument();
$envelope->loadXML($request);
$call = $envelope->getElementsByTagNameNS(ENVELOPE, 'Body')[0]->firstElementChild;
$description = new Description(getenv('WSDL'));
$form = trim($_SERVER['REQUEST_URI'], '/');

$server = $form === 'declared'
    ? new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS])
    : new SoapServer(null, ['uri' => $description->namespace]);
$complaint = $description->complaint($call, $_SERVER['HTTP_SOAPACTION']);
if ($complaint !== null) {
    $server->fault('Client', $complaint);
}
$server->setObject(new Gateway($description, $call, $form));
$server->handle($request);
