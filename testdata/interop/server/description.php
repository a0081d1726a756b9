<?php

declare(strict_types=1);

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const SCHEMA = 'http://www.w3.org/2001/XMLSchema';
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';

/** What a WSDL says of requests and answers. */
final class Description
{
    public readonly bool $rpc;
    public readonly string $namespace;
    private DOMXPath $wsdl;

    public function __construct(string $file)
    {
        $document = new DOMDocument();
        $document->load($file);
        $this->wsdl = new DOMXPath($document);
        $this->wsdl->registerNamespace('wsdl', WSDL);
        $this->wsdl->registerNamespace('soap', WSDL . 'soap/');
        $this->wsdl->registerNamespace('xsd', SCHEMA);
        $this->rpc = $this->wsdl->evaluate('boolean(//soap:binding[@style="rpc"])');
        $this->namespace = $document->documentElement->getAttribute('targetNamespace');
    }

    /** What is wrong with a call and its SOAPAction, null for nothing. */
    public function complaint(DOMElement $call, string $action): ?string
    {
        $due = $this->wsdl->evaluate("string(//wsdl:binding/wsdl:operation[@name='$call->localName']/soap:operation/@soapAction)");
        if ($action !== "\"$due\"") {
            return "SOAPAction $action is not that of $call->localName";
        }
        $alone = new DOMDocument();
        $alone->loadXML($call->C14N()); // with the prefixes that its values use
        libxml_use_internal_errors(true);
        if (!$alone->schemaValidateSource($this->schema())) {
            return trim(libxml_get_errors()[0]->message);
        }
        foreach ($call->childNodes as $part) {
            $size = $part->getAttributeNS(ENCODING, 'arrayType');
            if ($size !== '' && !str_ends_with($size, "[$part->childElementCount]")) {
                return "$part->localName has $part->childElementCount members and says $size";
            }
        }
        return null;
    }

    /** Names and types of an RPC message's parts, in order. */
    public function parts(string $message): array
    {
        $parts = [];
        foreach ($this->wsdl->query("/*/wsdl:message[@name='$message']/wsdl:part") as $part) {
            $parts[$part->getAttribute('name')] = preg_replace('/^.*:/', '', $part->getAttribute('type'));
        }
        return $parts;
    }

    /** The schema of calls: the WSDL's own. RPC has none; the parts of its messages say as much. */
    private function schema(): string
    {
        if (!$this->rpc) {
            return $this->wsdl->query('//xsd:schema')[0]->C14N();
        }
        $calls = '';
        foreach ($this->wsdl->query('/*/wsdl:portType/wsdl:operation/@name') as $name) {
            $parts = '';
            foreach ($this->parts("{$name->value}Input") as $part => $type) {
                $type = $type === 'ArrayOfString' ? 'enc:Array' : "xsd:$type";
                $parts .= "<xsd:element name='$part' type='$type' minOccurs='0' nillable='true'/>";
            }
            $calls .= "<xsd:element name='$name->value'><xsd:complexType><xsd:sequence>$parts</xsd:sequence></xsd:complexType></xsd:element>";
        }
        $import = "<xsd:import namespace='" . ENCODING . "' schemaLocation='" . dirname(__DIR__) . "/soap-encoding.xsd'/>";
        return "<xsd:schema xmlns:xsd='" . SCHEMA . "' xmlns:enc='" . ENCODING . "' targetNamespace='$this->namespace'>$import$calls</xsd:schema>";
    }
}
