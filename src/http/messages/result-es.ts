import { RESULT_EN } from './result-en.ts';
export const RESULT_ES = RESULT_EN;
