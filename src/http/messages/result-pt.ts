import { RESULT_EN } from './result-en.ts';
export const RESULT_PT = RESULT_EN;
