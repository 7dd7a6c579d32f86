import { OPERATOR_EN, type OperatorMessages } from './operator-en.ts';

export const OPERATOR_NL: OperatorMessages = OPERATOR_EN;
