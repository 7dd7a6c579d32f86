import { OPERATOR_EN, type OperatorMessages } from './operator-en.ts';

export const OPERATOR_ES: OperatorMessages = OPERATOR_EN;
