import { RESULT_EN } from './result-en.ts';
export const RESULT_JA = RESULT_EN;
