import { OPERATOR_EN, type OperatorMessages } from './operator-en.ts';

export const OPERATOR_JA: OperatorMessages = OPERATOR_EN;
