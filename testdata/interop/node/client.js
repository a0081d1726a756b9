#!/usr/bin/env node
// Speaks to the gateway with the package soap, which makes its stubs from the WSDL, and prints what it hears as JSON.
//
//     npm install --prefix testdata/interop/node
//     node client.js http://127.0.0.1:8466/soap/document_literal/webservice?wsdl document
//     node client.js http://127.0.0.1:8466/soap/webservice_vs.php?wsdl rpc

'use strict';

const soap = require('soap');

// The gateway, with its operations: await gateway.call('ping', { session_id: '...' }).
class Gateway {
  static async open(wsdl) {
    const gateway = new Gateway();
    gateway.client = await soap.createClientAsync(wsdl);
    return gateway;
  }

  async call(operation, args) {
    const [result] = await this.client[`${operation}Async`](args);
    return strings(result.return);
  }

  // The same with a SOAPAction other than the WSDL's.
  async callAs(action, operation, args) {
    const [result] = await this.client[`${operation}Async`](args, undefined, { SOAPAction: `"${action}"` });
    return strings(result.return);
  }
}

// strings gives what a return holds: text, with its xsi:type or without, or a list of them.
function strings(value) {
  if (Array.isArray(value)) return value.map(strings);
  if (typeof value !== 'object') return value;
  // A SOAP-ENC array has one member or more, whatever their name.
  const { attributes, $value, ...members } = value;
  return $value ?? Object.values(members).flat().map(strings);
}

// idIn gives the session, message or batch id in an answer, or in its first line.
function idIn(answer) {
  return [answer].flat()[0].match(/[0-9a-f]{32}/)[0];
}

async function converse(wsdl, binding) {
  const rpc = binding === 'rpc';
  const clientId = rpc ? 'cliMsgId' : 'climsgid';
  const coverage = rpc ? 'routeCoverage' : 'routecoverage';
  const numbers = (...list) => (rpc ? { item: list } : list);
  const gateway = await Gateway.open(wsdl);
  const heard = {};

  heard['auth'] = await gateway.call('auth', { api_id: 1, user: 'demo', password: 'demo' });
  const session = { session_id: idIn(heard['auth']) };
  heard['ping'] = await gateway.call('ping', session);

  heard['sendmsg'] = await gateway.call('sendmsg', {
    ...session,
    text: 'Gate B7 <boarding> 14:20 & Grüße für 5 €',
    to: numbers('12025550101'),
    from: 'ACME',
    concat: 3,
    deliv_ack: 1,
    max_credits: 2,
    [clientId]: 'interop1',
    validity: 60,
  });
  const message = idIn(heard['sendmsg']);
  heard['sendmsg to several'] = await gateway.call('sendmsg', {
    ...session,
    text: 'Hello',
    to: numbers('12025550102', '12025550103', '99912345'),
  });
  heard['querymsg by apimsgid'] = await gateway.call('querymsg', { ...session, apimsgid: message });
  heard['querymsg by climsgid'] = await gateway.call('querymsg', { ...session, climsgid: 'interop1' });
  heard['getmsgcharge'] = await gateway.call('getmsgcharge', { ...session, apimsgid: message });

  heard['sendmsg later'] = await gateway.call('sendmsg', {
    ...session,
    text: 'Later',
    to: numbers('12025550104'),
    deliv_time: 60,
  });
  heard['delmsg'] = await gateway.call('delmsg', { ...session, apimsgid: idIn(heard['sendmsg later']) });

  heard['coverage'] = await gateway.call(coverage, { ...session, msisdn: '12025550101' });
  heard['no coverage'] = await gateway.call(coverage, { ...session, msisdn: '99912345' });
  heard['token_pay'] = await gateway.call('token_pay', { ...session, token: '1234567890123456' });
  heard['getbalance'] = await gateway.call('getbalance', session);

  heard['si_push'] = await gateway.call('si_push', {
    ...session,
    to: numbers('12025550105', '12025550106'),
    si_id: 'offer1',
    si_url: 'http://example.com/?a=1&b=2',
    si_text: 'An offer',
    si_created: '2026-01-01T19:30:41Z',
    si_action: 'signal-high',
  });
  heard['ind_push'] = await gateway.call('ind_push', {
    ...session,
    to: numbers('12025550107'),
    mms_subject: 'A picture',
    mms_class: '80',
    mms_expire: '3600',
    mms_from: 'ACME',
    mms_url: 'http://example.com/mms',
  });

  heard['startbatch'] = await gateway.call('startbatch', {
    ...session,
    from: 'ACME',
    template: 'Dear #field1#, code #field2#',
  });
  const batch = { ...session, batch_id: idIn(heard['startbatch']) };
  heard['senditem'] = await gateway.call('senditem', { ...batch, to: numbers('12025550108'), field1: 'Ann', field2: '42' });
  heard['quicksend'] = await gateway.call('quicksend', { ...batch, to: numbers('12025550109', '12025550110') });
  heard['endbatch'] = await gateway.call('endbatch', batch);

  // What the gateway refuses is a result that begins with ERR; an exception is a request that it could not take.
  heard['unknown session'] = await gateway.call('ping', { session_id: '0'.repeat(32) });
  try {
    await gateway.callAs('http://api.clickatell.com/soap/webservice_vs.php/sendmsg', 'ping', session);
  } catch (error) {
    const fault = error.root.Envelope.Body.Fault;
    heard['fault'] = { code: fault.faultcode, text: fault.faultstring, detail: fault.detail?.pingFault.pingFault ?? null };
  }
  return heard;
}

const [, , wsdl, binding] = process.argv;
converse(wsdl, binding).then(
  (heard) => console.log(JSON.stringify(heard, null, 2)),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
