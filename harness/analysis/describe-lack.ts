import type { Lack } from '../record/run-figures.ts';

/** Why there are no figures of a run's traffic, and what to do about it. */
export function describeLack(lack: Lack, which: string): string {
  return {
    'host-late': `HOST_LATE: the host, which the board runs on, was late itself for most of ${which}. Next: run again when it is less busy, or with a longer --duration`,
    'too-short': `${which} was watched for too few sends. Next: run again with a longer --duration`,
  }[lack];
}
