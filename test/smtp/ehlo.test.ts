import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  authMechanismsOf,
  hasStarttlsOnGreetingLine,
  offers,
  parseEhloReply,
  sizeLimitOf,
} from '../../src/smtp/ehlo.ts';

function reply(...lines: readonly string[]) {
  return { code: 250, lines, enhancedStatus: null };
}

describe('the answer to EHLO', () => {
  it('has its extensions from the second line on: the first one is never an offer (R11)', () => {
    const greeting = reply('STARTTLS mx.example.com at your service');
    assert.deepEqual(parseEhloReply(greeting).keywords, []);
    assert.equal(offers(parseEhloReply(greeting), 'STARTTLS'), false);
    assert.equal(hasStarttlsOnGreetingLine(greeting), true);
    assert.equal(hasStarttlsOnGreetingLine(reply('mx.example.com', 'STARTTLS')), false);
    assert.equal(hasStarttlsOnGreetingLine(reply('mx.example.com starttls')), true);
    assert.equal(hasStarttlsOnGreetingLine(reply('nostarttls.example.com')), false);
  });

  it('names keywords in any case, with parameters, among blanks; other lines are left out', () => {
    const ehlo = parseEhloReply(
      reply('mx.example.com hi', ' starttls ', 'Size  1000', '', '*** welcome ***', 'X-FOO a b'),
    );
    assert.equal(ehlo.greetingDomain, 'mx.example.com');
    assert.deepEqual(ehlo.keywords, [
      { keyword: 'STARTTLS', parameters: [] },
      { keyword: 'SIZE', parameters: ['1000'] },
      { keyword: 'X-FOO', parameters: ['a', 'b'] },
    ]);
  });

  it('has a size limit, none that is fixed, or does not say', () => {
    assert.equal(sizeLimitOf(parseEhloReply(reply('mx', 'SIZE 35882577'))), 35_882_577);
    assert.equal(sizeLimitOf(parseEhloReply(reply('mx', 'SIZE'))), 0);
    assert.equal(sizeLimitOf(parseEhloReply(reply('mx', 'SIZE 1e9'))), 0);
    assert.equal(sizeLimitOf(parseEhloReply(reply('mx', '8BITMIME'))), null);
  });

  it('names AUTH mechanisms in the old form and the new one, each once', () => {
    const ehlo = parseEhloReply(reply('mx', 'AUTH PLAIN login', 'AUTH=LOGIN XOAUTH2', 'AUTH='));
    assert.deepEqual(authMechanismsOf(ehlo), ['PLAIN', 'LOGIN', 'XOAUTH2']);
  });
});
