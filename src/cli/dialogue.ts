/**
 * A dialogue as the appliance holds it: a question, the answer in brackets that an empty line gives, one line of answer.
 * It reads lines from a terminal and from a pipe alike; from a pipe the answers are repeated, so that the transcript
 * reads as if somebody had typed them.
 */
import type { World } from '../app/world.ts';
import type { Outcome } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

/** Characters of one answer: a list of a hundred targets fits. */
export const MAX_ANSWER_LENGTH = 30_000;

/** Lines that are pasted at once: a chain of ten certificates has 400. */
const MAX_PASTED_LINES = 5_000;

/** There are no more answers. Whatever was being asked is not done. */
export class EndOfInput extends Error {
  override readonly name = 'EndOfInput';
}

export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
}

export interface Dialogue {
  /** A paragraph of its own. */
  say(text: string): Promise<void>;
  /** The question, and the prompt in the line below it. Asks again, with the reason, until the answer can be read. */
  ask<Value>(question: string, preset: string, read: (answer: string) => Outcome<Value, string>): Promise<Value>;
  /** The same with the prompt behind the question. */
  askInline<Value>(question: string, preset: string, read: (answer: string) => Outcome<Value, string>): Promise<Value>;
  yesOrNo(question: string, preset: boolean): Promise<boolean>;
  /** Choices are numbered from 1; a number or the whole label chooses one. */
  choose<Value>(question: string, choices: readonly Choice<Value>[], preset: Value): Promise<Value>;
  /** A passphrase: whatever is repeated of answers, this is not. */
  askSecret<Value>(question: string, read: (answer: string) => Outcome<Value, string>): Promise<Value>;
  /** Lines up to one with a dot alone; none of them is repeated, for there may be a key among them. */
  paste(question: string): Promise<string>;
  /** No further input is read. */
  close(): Promise<void>;
}

export interface Operation {
  /** In capitals, as the menu shows it. */
  readonly name: string;
  readonly help: string;
  readonly run: () => Promise<void>;
}

export function openDialogue(world: Pick<World, 'stdin' | 'stdinIsTerminal' | 'stdout'>): Dialogue {
  const lines = linesOf(world.stdin());
  const { stdout, stdinIsTerminal } = world;

  async function answerTo(prompt: string, preset: string, isSecret = false): Promise<string> {
    await stdout.write(`\n${prompt}[${preset}]> `);
    const line = await lines.next();
    if (line.done === true) {
      await stdout.write('\n');
      throw new EndOfInput('the input ended in the middle of a question');
    }
    const answer = line.value.trim();
    if (!stdinIsTerminal) await stdout.write(`${isSecret ? '' : printable(answer, MAX_ANSWER_LENGTH)}\n`);
    return answer === '' ? preset : answer;
  }

  async function until<Value>(
    prompt: string,
    preset: string,
    read: (answer: string) => Outcome<Value, string>,
    isSecret = false,
  ): Promise<Value> {
    for (;;) {
      const outcome = read(await answerTo(prompt, preset, isSecret));
      if (outcome.ok) return outcome.value;
      await say(printable(outcome.failure));
    }
  }

  async function say(text: string): Promise<void> {
    await stdout.write(`\n${text}\n`);
  }

  return {
    say,
    ask: (question, preset, read) => until(`${question}\n`, preset, read),
    askInline: (question, preset, read) => until(`${question} `, preset, read),
    yesOrNo: (question, preset) => until(`${question} `, preset ? 'Y' : 'N', readYesOrNo),
    choose: (question, choices, preset) => {
      const list = choices.map(({ label }, index) => `${index + 1}. ${label}`).join('\n');
      const presetNumber = choices.findIndex(({ value }) => value === preset) + 1;
      return until(`${question}\n${list}\n`, presetNumber === 0 ? '' : String(presetNumber), (answer) =>
        readChoice(answer, choices),
      );
    },
    askSecret: (question, read) => until(`${question}\n`, '', read, true),
    paste: async (question) => {
      await stdout.write(`\n${question}\nPress "." on a line of its own when done.\n`);
      const pasted: string[] = [];
      for (;;) {
        const line = await lines.next();
        if (line.done === true) throw new EndOfInput('the input ended in the middle of what was pasted');
        if (line.value.trim() === '.' || pasted.length >= MAX_PASTED_LINES) return pasted.join('\n');
        pasted.push(line.value);
      }
    },
    close: async () => {
      await lines.return?.();
    },
  };
}

/**
 * Offers operations until an empty line or the end of the input. One that ends in the middle of a question has changed
 * nothing, and ends the dialogue with `EndOfInput`.
 */
export async function runMenu(
  dialogue: Dialogue,
  title: string,
  operations: () => readonly Operation[],
): Promise<void> {
  for (;;) {
    const offered = operations();
    const list = offered.map(({ name, help }) => `- ${name} - ${help}`).join('\n');
    let chosen: Operation | null;
    try {
      chosen = await dialogue.ask(`${title}\n${list}`, '', (answer) => readOperation(answer, offered));
    } catch (error) {
      if (error instanceof EndOfInput) return;
      throw error;
    }
    if (chosen === null) return;
    await chosen.run();
  }
}

export const MENU_TITLE = 'Choose the operation you want to perform:';

/** An answer as it stands. */
export function anyText(answer: string): Outcome<string, string> {
  return { ok: true, value: answer };
}

/** A whole number, with or without commas. */
export function wholeBetween(least: number, most: number): (answer: string) => Outcome<number, string> {
  return (answer) => {
    const digits = answer.replaceAll(',', '');
    const value = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    if (value >= least && value <= most) return { ok: true, value };
    const range = `${least.toLocaleString('en-US')} to ${most.toLocaleString('en-US')}`;
    return { ok: false, failure: `"${answer.slice(0, 80)}" is not a whole number from ${range}.` };
  };
}

function readYesOrNo(answer: string): Outcome<boolean, string> {
  if (/^(y|yes)$/i.test(answer)) return { ok: true, value: true };
  if (/^(n|no)$/i.test(answer)) return { ok: true, value: false };
  return { ok: false, failure: 'Please answer Y or N.' };
}

function readChoice<Value>(answer: string, choices: readonly Choice<Value>[]): Outcome<Value, string> {
  const byNumber = /^\d{1,6}$/.test(answer) ? choices[Number(answer) - 1] : undefined;
  const chosen = byNumber ?? choices.find(({ label }) => label.toLowerCase() === answer.toLowerCase());
  if (chosen !== undefined) return { ok: true, value: chosen.value };
  return { ok: false, failure: `Please answer with a number from 1 to ${choices.length}.` };
}

function readOperation(answer: string, operations: readonly Operation[]): Outcome<Operation | null, string> {
  if (answer === '') return { ok: true, value: null };
  const found = operations.find(({ name }) => name === answer.toUpperCase());
  if (found !== undefined) return { ok: true, value: found };
  const names = operations.map(({ name }) => name).join(', ');
  return { ok: false, failure: `"${answer.slice(0, 80)}" is none of ${names}.` };
}

/** Lines of a stream, without their ends; one that is longer than an answer may be is cut. */
async function* linesOf(stream: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    const parts = rest.split('\n');
    rest = (parts.pop() ?? '').slice(0, MAX_ANSWER_LENGTH);
    for (const part of parts) yield part.slice(0, MAX_ANSWER_LENGTH);
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
