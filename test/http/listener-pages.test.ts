import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAppliance } from './appliance-stage.ts';

test('listeners, sender groups and mail flow policies by their forms, and what cannot be is refused in place (R75, R131)', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const document = async () => {
      const newest = await stage.installation.configuration.newest();
      assert.ok(newest.ok);
      return newest.value.document;
    };
    const policy = {
      name: 'Partners',
      action: 'accept',
      tls: 'preferred',
      tlsRequiredFor: 'boss@bank.example,\r\n .gov.example',
      verifyClientCertificate: 'required',
      maxMessageBytes: '1048576',
      maxRecipients: '100',
      maxMessages: '10',
      maxConnectionsPerAddress: '5',
      recipientsPerHour: '0',
    };
    const wrong = await olga.post('/settings/mail-flow-policies/save', policy);
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /id="fault-verifyClientCertificate"[\s\S]*in clear nobody shows a certificate/);
    assert.equal((await olga.post('/settings/mail-flow-policies/save', { ...policy, tls: 'required' })).status, 303);
    const group = { name: 'PARTNERS', listener: '', senders: '192.0.2.7/24, .Partner.example', policy: 'Partners' };
    assert.equal((await olga.post('/settings/sender-groups/save', group)).status, 303);
    const listener = {
      name: 'Public',
      kind: 'public',
      address: '192.0.2.1',
      port: '25',
      hostname: 'mx.example.com',
      certificate: '',
      minTlsVersion: 'TLSv1.2',
      recipientDomains: 'example.com, .example.com',
      defaultPolicy: 'Accepted',
      maxConnections: '100',
      injectionSeconds: '300',
      connectionSeconds: '900',
    };
    const open = await olga.post('/settings/listeners/save', { ...listener, defaultPolicy: 'Relayed' });
    assert.match(open.body, /would be an open relay/);
    assert.equal((await olga.post('/settings/listeners/save', listener)).status, 303);
    const { listeners, senderGroups, mailFlowPolicies } = await document();
    assert.deepEqual(listeners.at(-1)?.recipientDomains, ['example.com', '.example.com']);
    assert.deepEqual([listeners.at(-1)?.certificate, listeners.at(-1)?.implicitTls], [null, false]);
    assert.deepEqual(senderGroups.at(-1), {
      name: 'PARTNERS',
      listener: null,
      senders: ['192.0.2.0/24', '.partner.example'],
      policy: 'Partners',
    });
    assert.deepEqual(mailFlowPolicies.at(-1)?.tlsRequiredFor, ['boss@bank.example', '.gov.example']);
    const list = await olga.get('/settings/sender-groups');
    assert.match(list.body, /2\. 192\.0\.2\.0\/24, \.partner\.example → Partners/);
    for (const language of ['en', 'nl', 'es', 'pt', 'ja']) {
      for (const [base, name] of [
        ['listeners', 'Public'],
        ['sender-groups', 'PARTNERS'],
        ['mail-flow-policies', 'Partners'],
      ]) {
        const form = await olga.get(`/settings/${base}/edit?name=${name}&lang=${language}`);
        assert.equal(form.status, 200);
        assert.doesNotMatch(form.body, /undefined|>fd[A-Z]/, `${base} ${language}`);
      }
    }
    const form = await olga.get('/settings/listeners/edit?name=Public');
    assert.match(form.body, /between 1 and 65,535/);
    for (const [lang, most] of [
      ['nl', '65.535'],
      ['es', '65.535'],
      ['pt', '65.535'],
      ['ja', '65,535'],
    ] as const) {
      const { body } = await olga.get(`/settings/listeners/edit?name=Public&lang=${lang}`);
      assert.ok(body.includes(most), `thousands in ${lang}`);
    }
    assert.match(form.body, /<label class="name" for="f-address">IP address to listen at<\/label>/);
    assert.match(form.body, /name="recipientDomains" value="example\.com, \.example\.com"/);
  } finally {
    await stage.close();
  }
});
