import assert from 'node:assert/strict';
import test from 'node:test';
import { StoreTrouble, type TroubleKind, troubleOf } from '../../src/store/trouble.ts';

const told = (facts: object): Error => Object.assign(new Error('as the driver says it'), facts);

const CASES: readonly (readonly [string, Error, TroubleKind, boolean])[] = [
  ['SQLITE_BUSY_SNAPSHOT', told({ code: 'ERR_SQLITE_ERROR', errcode: 517 }), 'conflict', true],
  ['SQLITE_FULL', told({ code: 'ERR_SQLITE_ERROR', errcode: 13 }), 'full', true],
  ['SQLITE_READONLY_DBMOVED', told({ code: 'ERR_SQLITE_ERROR', errcode: 1032 }), 'read-only', true],
  ['SQLITE_IOERR_WRITE', told({ code: 'ERR_SQLITE_ERROR', errcode: 778 }), 'unavailable', true],
  ['SQLITE_CORRUPT', told({ code: 'ERR_SQLITE_ERROR', errcode: 11 }), 'corrupt', false],
  ['SQLITE_CONSTRAINT_UNIQUE', told({ code: 'ERR_SQLITE_ERROR', errcode: 2067 }), 'conflict', false],
  ['SQLITE_ERROR', told({ code: 'ERR_SQLITE_ERROR', errcode: 1 }), 'other', false],
  ['disk_full', told({ code: '53100' }), 'full', true],
  ['too_many_connections', told({ code: '53300' }), 'unavailable', true],
  ['admin_shutdown', told({ code: '57P01' }), 'unavailable', true],
  ['read_only_sql_transaction', told({ code: '25006' }), 'read-only', true],
  ['deadlock_detected', told({ code: '40P01' }), 'conflict', true],
  ['unique_violation', told({ code: '23505' }), 'conflict', false],
  ['data_corrupted', told({ code: 'XX001' }), 'corrupt', false],
  ['undefined_table', told({ code: '42P01' }), 'other', false],
  ['a refused connection', told({ code: 'ECONNREFUSED' }), 'unavailable', true],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), 'unavailable', true],
  ['a bug', new TypeError('x is not a function'), 'other', false],
];

for (const [name, error, kind, mayPass] of CASES) {
  test(`${name} is ${kind}, and ${mayPass ? 'may pass' : 'stays'}`, () => {
    const trouble = troubleOf(error);
    assert.deepEqual([trouble.kind, trouble.mayPass], [kind, mayPass]);
    assert.equal(trouble.cause, error);
    assert.match(trouble.message, /as the driver says it|terminated|not a function/);
    assert.equal(troubleOf(trouble), trouble);
  });
}

test('whatever else was thrown is trouble, too', () => {
  assert.ok(troubleOf('a word') instanceof StoreTrouble);
});
