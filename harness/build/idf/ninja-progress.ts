/** How far a build is. */
export interface BuildStep {
  readonly done: number;
  readonly total: number;
  readonly what: string;
}

const STEP = /^\[(\d+)\/(\d+)\] (.*)/;

/**
 * Reads ninja's `[12/874] Building C object …`. The bootloader is a build within the build, with a count of its own: it
 * would make a bar jump, so only the outer count moves it.
 */
export class NinjaProgress {
  #total = 0;
  #done = 0;

  /** `undefined` for lines that are no step, and for steps that tell nothing new. */
  read(line: string): BuildStep | undefined {
    const [, doneText, totalText, what = ''] = STEP.exec(line) ?? [];
    const done = Number(doneText);
    const total = Number(totalText);
    if (Number.isNaN(done)) return undefined;
    const isInner = total < this.#total && done <= this.#done;
    if (isInner) return undefined;
    this.#total = total;
    this.#done = done;
    return { done, total, what };
  }
}
