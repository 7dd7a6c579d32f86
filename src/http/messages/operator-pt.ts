import { OPERATOR_EN, type OperatorMessages } from './operator-en.ts';

export const OPERATOR_PT: OperatorMessages = OPERATOR_EN;
