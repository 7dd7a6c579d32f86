import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { play } from './stage.ts';

async function script(shell: string): Promise<string> {
  const { stdout, code } = await play({ argv: ['completion', shell] });
  assert.equal(code, 0);
  return stdout;
}

/** What bash would offer for the last of these words. */
function offered(bash: string, ...words: readonly string[]): readonly string[] {
  const ask = `${bash}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _tlsreach; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', ask, 'bash', 'tlsreach', ...words], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

test('bash completes commands, options, the words an option knows, and codes to explain', async () => {
  const bash = await script('bash');
  assert.deepEqual(offered(bash, 'pr'), ['probe']);
  assert.deepEqual(offered(bash, 'probe', '--strict'), ['--strict-cn']);
  assert.deepEqual(offered(bash, 'probe', '--format', 'j'), ['json', 'junit']);
  assert.deepEqual(offered(bash, 'chain', '--format', ''), ['text', 'json', 'ndjson']);
  assert.deepEqual(offered(bash, 'probe', '--auth-type', ''), ['plain', 'login', 'xoauth2']);
  assert.deepEqual(offered(bash, 'probe', '--expect', 'required-verify-'), ['required-verify-hosted']);
  assert.deepEqual(offered(bash, 'explain', 'certificate-ex'), ['certificate-expired']);
  assert.deepEqual(offered(bash, 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(offered(bash, 'destconfig', 'e'), ['edit', 'export']);
  assert.deepEqual(offered(bash, 'destconfig', 'new', '--strict'), ['--strict-cn']);
  assert.deepEqual(offered(bash, 'destconfig', 'new', 'a.test', '--mta-sts', ''), ['off', 'on']);
  assert.deepEqual(offered(bash, 'destconfig', 'list', '--format', ''), ['text', 'json']);
  assert.deepEqual(offered(bash, 'user', 'p'), ['password']);
  assert.deepEqual(offered(bash, 'user', 'add', 'ann', '--role', 'o'), ['operator']);
  assert.deepEqual(offered(bash, 'token', 'create', 'x', '--sc'), ['--scope']);
  assert.deepEqual(offered(bash, 'token', 'create', 'x', '--scope', 'p'), ['probe']);
  assert.deepEqual(offered(bash, 'token', 'list', '--format', ''), ['text', 'json']);
});

test('zsh uses the same, and fish has a line for every option', async () => {
  assert.match(await script('zsh'), /^#compdef tlsreach\n.*bashcompinit/);
  const fish = await script('fish');
  assert.match(
    fish,
    /^complete -c tlsreach -n '__fish_seen_subcommand_from chain' -l format -x -a 'text json ndjson'/m,
  );
  assert.match(fish, /^complete -c tlsreach -n '__fish_seen_subcommand_from probe' -l expect -x -a 'no preferred /m);
  assert.match(fish, /__fish_seen_subcommand_from explain' -f -a '.*certificate-name/);
  for (const line of fish.trimEnd().split('\n')) assert.match(line, /^complete -c tlsreach /);
});
