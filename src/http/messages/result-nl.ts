import { RESULT_EN } from './result-en.ts';
export const RESULT_NL = RESULT_EN;
