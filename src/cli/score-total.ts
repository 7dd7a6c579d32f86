/** One score over a whole batch: the mean of those that have one (R56). */
import type { ProbeResult } from '../probe/result.ts';

export class ScoreTotal {
  #sum = 0;
  #scored = 0;
  #unscored = 0;

  add({ confidence }: Pick<ProbeResult, 'confidence'>): void {
    if (confidence.value === null) this.#unscored++;
    else {
      this.#sum += confidence.value;
      this.#scored++;
    }
  }

  /** `average confidence 87.5 of 4 targets (1 could not be judged)`; a hyphen where none could. */
  text(): string {
    const mean = this.#scored === 0 ? '-' : String(Math.round((this.#sum / this.#scored) * 10) / 10);
    const left = this.#unscored === 0 ? '' : ` (${this.#unscored} could not be judged)`;
    return `average confidence ${mean} of ${this.#scored} ${this.#scored === 1 ? 'target' : 'targets'}${left}`;
  }
}
