#!/usr/bin/python3
"""Speaks to the gateway with zeep, which makes its stubs from the WSDL, and prints what it hears as JSON.

    client.py http://127.0.0.1:8466/soap/document_literal/webservice?wsdl document
    client.py http://127.0.0.1:8466/soap/webservice_vs.php?wsdl rpc
"""

import json
import pathlib
import re
import sys

import zeep
import zeep.exceptions
import zeep.transports
import zeep.xsd

ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"


class Transport(zeep.transports.Transport):
    """Has the schema of the SOAP encoding at hand, which zeep would look for at the address that is its name."""

    def load(self, url):
        if url == ENCODING:
            return pathlib.Path(__file__).parents[1].joinpath("soap-encoding.xsd").read_bytes()
        return super().load(url)


class Gateway:
    """The gateway, with an operation as a method: gateway.ping(session_id="...")."""

    def __init__(self, wsdl, rpc):
        self.rpc = rpc
        self.client = zeep.Client(wsdl, transport=Transport())

    def __getattr__(self, operation):
        return lambda **arguments: self.call(operation, arguments)

    def call(self, operation, arguments):
        if self.rpc:
            # RPC has no optional parts: zeep wants to be told of each that is left out.
            (binding,) = self.client.wsdl.bindings.values()
            parts = binding.get(operation).input.body.type.elements
            arguments = dict.fromkeys((name for name, _ in parts), zeep.xsd.SkipValue) | arguments
        return self.client.service[operation](**arguments)

    def call_as(self, action, operation, arguments):
        """Calls with a SOAPAction other than the WSDL's."""
        with self.client.settings(extra_http_headers={"SOAPAction": f'"{action}"'}):
            return self.call(operation, arguments)


def id_in(answer):
    """The session, message or batch id in an answer, or in its first line."""
    return re.search("[0-9a-f]{32}", answer if isinstance(answer, str) else answer[0]).group()


def converse(gateway):
    rpc = gateway.rpc
    coverage = gateway.routeCoverage if rpc else gateway.routecoverage
    numbers = gateway.client.get_type("{http://api.clickatell.com/soap/webservice}ArrayOfString") if rpc else list
    heard = {}

    heard["auth"] = gateway.auth(api_id=1, user="demo", password="demo")
    session = {"session_id": id_in(heard["auth"])}
    heard["ping"] = gateway.ping(**session)

    heard["sendmsg"] = gateway.sendmsg(
        **session,
        to=numbers(["12025550101"]),
        text="Gate B7 <boarding> 14:20 & Grüße für 5 €",
        **{"from": "ACME", "cliMsgId" if rpc else "climsgid": "interop1"},
        concat=3,
        deliv_ack=1,
        max_credits=2,
        validity=60,
    )
    message = id_in(heard["sendmsg"])
    heard["sendmsg to several"] = gateway.sendmsg(
        **session, to=numbers(["12025550102", "12025550103", "99912345"]), text="Hello"
    )
    heard["querymsg by apimsgid"] = gateway.querymsg(**session, apimsgid=message)
    heard["querymsg by climsgid"] = gateway.querymsg(**session, climsgid="interop1")
    heard["getmsgcharge"] = gateway.getmsgcharge(**session, apimsgid=message)

    heard["sendmsg later"] = gateway.sendmsg(**session, to=numbers(["12025550104"]), text="Later", deliv_time=60)
    heard["delmsg"] = gateway.delmsg(**session, apimsgid=id_in(heard["sendmsg later"]))

    heard["coverage"] = coverage(**session, msisdn="12025550101")
    heard["no coverage"] = coverage(**session, msisdn="99912345")
    heard["token_pay"] = gateway.token_pay(**session, token="1234567890123456")
    heard["getbalance"] = gateway.getbalance(**session)

    heard["si_push"] = gateway.si_push(
        **session,
        to=numbers(["12025550105", "12025550106"]),
        si_id="offer1",
        si_url="http://example.com/?a=1&b=2",
        si_text="An offer",
        si_created="2026-01-01T19:30:41Z",
        si_action="signal-high",
    )
    heard["ind_push"] = gateway.ind_push(
        **session,
        to=numbers(["12025550107"]),
        mms_subject="A picture",
        mms_class="80",
        mms_expire="3600",
        mms_from="ACME",
        mms_url="http://example.com/mms",
    )

    heard["startbatch"] = gateway.startbatch(
        **session, template="Dear #field1#, code #field2#", **{"from": "ACME"}
    )
    batch = {"batch_id": id_in(heard["startbatch"])}
    heard["senditem"] = gateway.senditem(**session, **batch, to=numbers(["12025550108"]), field1="Ann", field2="42")
    heard["quicksend"] = gateway.quicksend(**session, **batch, to=numbers(["12025550109", "12025550110"]))
    heard["endbatch"] = gateway.endbatch(**session, **batch)

    # What the gateway refuses is a result that begins with ERR; a Fault is a request that it could not take.
    heard["unknown session"] = gateway.ping(session_id="0" * 32)
    try:
        gateway.call_as("http://api.clickatell.com/soap/webservice_vs.php/sendmsg", "ping", session)
    except zeep.exceptions.Fault as fault:
        detail = None if fault.detail is None else "".join(fault.detail.itertext())
        heard["fault"] = {"code": fault.code, "text": fault.message, "detail": detail}
    return heard


if __name__ == "__main__":
    _, wsdl, binding = sys.argv
    print(json.dumps(converse(Gateway(wsdl, binding == "rpc")), ensure_ascii=False, indent=2))
