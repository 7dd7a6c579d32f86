/**
 * A small reader of XML 1.0 documents that come from people: elements, attributes, text, comments, CDATA, the five entities
 * that every document has, and character references. No document type, no other entity, no processing instruction: there is
 * nothing in it that could be expanded or fetched. Each fault bears the line on which it stands.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';

export interface XmlElement {
  readonly name: string;
  /** Of the start tag, counted from 1. */
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All character data directly inside it. */
  readonly text: string;
}

export interface XmlFault {
  readonly line: number;
  /** The end of a sentence that begins with the line. */
  readonly why: string;
}

/** Elements inside each other. */
export const MAX_XML_DEPTH = 16;
export const MAX_XML_ELEMENTS = 500_000;
/** Attributes of one element. */
export const MAX_XML_ATTRIBUTES = 32;

const NAME = /[A-Za-z_:][\w:.-]*/y;
const SPACE = /[ \t\r\n]*/y;
const DECLARATION = /<\?xml[ \t\r\n]+version[ \t\r\n]*=[^?<>]*\?>/y;
/** U+FEFF before a document is how some editors begin UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';
/** What XML 1.0 section 2.2 leaves out. */
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

interface Open {
  readonly name: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

class XmlError extends Error {
  readonly at: number;
  constructor(at: number, why: string) {
    super(why);
    this.at = at;
  }
}

/** The root element of a whole document. */
export function readXml(document: string): Outcome<XmlElement, XmlFault> {
  const text = document.startsWith(BYTE_ORDER_MARK) ? document.slice(1) : document;
  try {
    return succeeded(new Reader(text).document());
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return failed({ line: lineOf(text, error.at), why: error.message });
  }
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line++;
  return line;
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** The line of `#counted`, carried along so that a long document is counted once. */
  #line = 1;
  #counted = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
    const strange = NOT_XML.exec(text);
    if (strange !== null) throw new XmlError(strange.index, 'there is a control character, which XML does not know');
  }

  document(): XmlElement {
    this.#take(DECLARATION);
    this.#misc();
    if (this.#text[this.#at] !== '<') throw this.#fault('a document begins with its element');
    const root = this.#tree();
    this.#misc();
    if (this.#at < this.#text.length) throw this.#fault('nothing may follow the end of the document');
    return root;
  }

  /** Without recursion: depth is a number, not the stack of the program. */
  #tree(): XmlElement {
    const open: Open[] = [];
    for (;;) {
      const top = open.at(-1);
      if (top !== undefined) top.text += this.#characters(top);
      if (this.#text.startsWith('<!--', this.#at)) this.#comment();
      else if (this.#text.startsWith('</', this.#at)) {
        const closed = this.#close(open);
        if (open.length === 0) return closed;
      } else {
        const begun = this.#begin();
        if (!begun.empty) {
          if (open.push(begun.element) > MAX_XML_DEPTH) throw this.#fault('elements stand too deep inside each other');
        } else if (top === undefined) return begun.element;
        else top.children.push(begun.element);
      }
    }
  }

  #close(open: Open[]): XmlElement {
    const element = open.pop();
    const at = this.#at;
    this.#at += 2;
    const name = this.#take(NAME);
    this.#take(SPACE);
    if (element === undefined || name !== element.name)
      throw new XmlError(at, `</${name}> ends nothing; <${element?.name}> is open`);
    this.#expect('>');
    open.at(-1)?.children.push(element);
    return element;
  }

  #begin(): { readonly element: Open; readonly empty: boolean } {
    if (this.#text.startsWith('<!', this.#at))
      throw this.#fault('a document type or another declaration is not taken here');
    if (this.#text.startsWith('<?', this.#at)) throw this.#fault('a processing instruction is not taken here');
    if (++this.#elements > MAX_XML_ELEMENTS) throw this.#fault(`there are more than ${MAX_XML_ELEMENTS} elements`);
    const line = this.#lineHere();
    this.#at += 1;
    const name = this.#take(NAME);
    if (name === '') throw this.#fault('"<" must begin an element; in text it is written &lt;');
    const attributes = new Map<string, string>();
    for (;;) {
      const gap = this.#take(SPACE);
      const key = this.#take(NAME);
      if (key === '') break;
      if (gap === '') throw this.#fault(`a blank must stand before the attribute ${key}`);
      if (attributes.has(key)) throw this.#fault(`<${name}> has the attribute ${key} twice`);
      if (attributes.size === MAX_XML_ATTRIBUTES) throw this.#fault(`<${name}> has too many attributes`);
      this.#take(SPACE);
      this.#expect('=');
      this.#take(SPACE);
      attributes.set(key, this.#quoted());
    }
    const empty = this.#text.startsWith('/>', this.#at);
    if (empty) this.#at += 2;
    else this.#expect('>');
    return { element: { name, line, attributes, children: [], text: '' }, empty };
  }

  #quoted(): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw this.#fault('the value of an attribute stands in quotes');
    const start = this.#at + 1;
    const end = this.#text.indexOf(quote, start);
    if (end < 0) throw this.#fault('a quote is not closed');
    const raw = this.#text.slice(start, end);
    const open = raw.indexOf('<');
    if (open >= 0) throw new XmlError(start + open, '"<" is written &lt; in an attribute');
    this.#at = end + 1;
    return decoded(raw, start).replace(/[\t\r\n]/g, ' ');
  }

  /** Character data up to the next tag or comment, CDATA sections included. */
  #characters({ name, line }: Open): string {
    let found = '';
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) throw this.#fault(`<${name}> of line ${line} is not closed`);
      if (next > this.#at) found += decoded(this.#text.slice(this.#at, next), this.#at);
      this.#at = next;
      if (!this.#text.startsWith(CDATA, next)) return found;
      const end = this.#text.indexOf(']]>', next);
      if (end < 0) throw this.#fault('a CDATA section is not closed');
      found += this.#text.slice(next + CDATA.length, end);
      this.#at = end + 3;
    }
  }

  #comment(): void {
    const end = this.#text.indexOf('--', this.#at + 4);
    if (end < 0 || this.#text[end + 2] !== '>') throw this.#fault('a comment is not closed, or has "--" inside');
    this.#at = end + 3;
  }

  /** What may stand before and after the root: blanks and comments. */
  #misc(): void {
    for (this.#take(SPACE); this.#text.startsWith('<!--', this.#at); this.#take(SPACE)) this.#comment();
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#fault(`"${character}" is missing`);
    this.#at += 1;
  }

  #lineHere(): number {
    for (let next = this.#text.indexOf('\n', this.#counted); next >= 0 && next < this.#at; ) {
      this.#line++;
      this.#counted = next + 1;
      next = this.#text.indexOf('\n', this.#counted);
    }
    return this.#line;
  }

  #fault(why: string): XmlError {
    return new XmlError(this.#at, why);
  }
}

const CDATA = '<![CDATA[';

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** With the references replaced, once: what comes out of one is not read again. */
function decoded(raw: string, at: number): string {
  if (!raw.includes('&')) return raw;
  return raw.replace(
    /&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));|([^;&\s]{1,64});)?/g,
    (all, hex, decimal, name, offset) => {
      if (name !== undefined) {
        const known = ENTITIES.get(name);
        if (known !== undefined) return known;
        throw new XmlError(at + offset, `the entity &${name}; is not known here, and none can be declared`);
      }
      const code = hex !== undefined ? Number.parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : Number.NaN;
      if (Number.isNaN(code)) throw new XmlError(at + offset, '"&" is written &amp;');
      const character = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\u0000';
      if (NOT_XML.test(character)) throw new XmlError(at + offset, `${all} stands for no character of XML`);
      return character;
    },
  );
}
