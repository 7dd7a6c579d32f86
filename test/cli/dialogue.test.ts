import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { anyText, EndOfInput, openDialogue, runMenu } from '../../src/cli/dialogue.ts';

/** A dialogue whose input comes in these pieces. */
function dialogueOn(pieces: readonly (string | Buffer)[], isTerminal = false) {
  const seen = { text: '' };
  const dialogue = openDialogue({
    stdin: () => Readable.from(pieces.map((piece) => Buffer.from(piece))),
    stdinIsTerminal: isTerminal,
    stdout: {
      write: async (text) => {
        seen.text += text;
        return true;
      },
      finished: async () => null,
      isTerminal,
      columns: () => 80,
      rows: () => 24,
    },
  });
  return { dialogue, seen };
}

test('answers are lines however the input is cut, with either line end, the last one without any', async () => {
  const word = Buffer.from('größe\r\nb');
  const { dialogue } = dialogueOn(['one\ntw', 'o\n', word.subarray(0, 3), word.subarray(3), 'c']);
  const answers: string[] = [];
  for (let count = 0; count < 4; count++) answers.push(await dialogue.ask('?', '', anyText));
  assert.deepEqual(answers, ['one', 'two', 'größe', 'bc']);
  await assert.rejects(dialogue.ask('?', '', anyText), EndOfInput);
});

test('an empty line is the answer in the brackets', async () => {
  const { dialogue, seen } = dialogueOn(['\n\n\n\n']);
  assert.equal(await dialogue.ask('Which?', 'that', anyText), 'that');
  assert.equal(await dialogue.yesOrNo('Sure?', true), true);
  assert.equal(await dialogue.yesOrNo('Sure?', false), false);
  const choices = [
    { value: 'a', label: 'First' },
    { value: 'b', label: 'Second' },
  ];
  assert.equal(await dialogue.choose('Choose:', choices, 'b'), 'b');
  assert.match(seen.text, /\nWhich\?\n\[that\]> \n\nSure\? \[Y\]> \n/);
  assert.match(seen.text, /\nChoose:\n1\. First\n2\. Second\n\[2\]> /);
});

test('what cannot be read is asked again', async () => {
  const { dialogue, seen } = dialogueOn(['perhaps\nYES\n7\nsecond\n']);
  assert.equal(await dialogue.yesOrNo('Sure?', false), true);
  const choices = [
    { value: 1, label: 'First' },
    { value: 2, label: 'Second' },
  ];
  assert.equal(await dialogue.choose('Choose:', choices, 1), 2);
  assert.match(seen.text, /Please answer Y or N\./);
  assert.match(seen.text, /Please answer with a number from 1 to 2\./);
});

test('answers of a pipe are repeated without what a terminal would obey, those of a terminal are not', async () => {
  const piped = dialogueOn(['a\u001b[2Jb\n']);
  await piped.dialogue.ask('?', '', anyText);
  assert.match(piped.seen.text, /> a\\x1b\[2Jb\n$/);
  const typed = dialogueOn(['abc\n'], true);
  await typed.dialogue.ask('?', '', anyText);
  assert.match(typed.seen.text, /\[\]> $/);
});

test('a line without an end takes no more room than an answer may', async () => {
  const { dialogue } = dialogueOn([...Array(50).fill('x'.repeat(10_000)), '\nnext\n']);
  assert.equal((await dialogue.ask('?', '', anyText)).length, 30_000);
  assert.equal(await dialogue.ask('?', '', anyText), 'next');
});

test('a menu knows its operations in any case, and ends with an empty line or the input', async () => {
  const done: string[] = [];
  const operations = () => [{ name: 'NEW', help: 'Make one.', run: async () => void done.push('new') }];
  const { dialogue, seen } = dialogueOn(['nwe\nNew\n\nnew\n']);
  await runMenu(dialogue, 'Choose:', operations);
  assert.deepEqual(done, ['new']);
  assert.match(seen.text, /"nwe" is none of NEW\./);
  await runMenu(dialogue, 'Choose:', operations);
  assert.deepEqual(done, ['new', 'new']);
});
