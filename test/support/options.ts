/** A message that asks for nothing beside its delivery. */
import type { Message } from '../../src/delivery/message.ts';

export const NO_OPTIONS: Message['options'] = {
  eightBit: false,
  international: false,
  requireTls: false,
  tlsOptional: false,
  ret: null,
  envid: null,
};
