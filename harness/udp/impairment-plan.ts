import { seededRandom, shuffled } from '../analysis/seeded-random.ts';
import { UsageError } from '../errors.ts';
import type { Impairment } from '../record/events.ts';

export type ImpairmentEffect = Impairment['effect'];

/** What befalls the datagrams of one direction: how many of them are dropped, and so on. The rest passes. */
export interface PathPlan {
  readonly drop?: number;
  /** Delivered twice, the second time at once. */
  readonly duplicate?: number;
  /** Delivered right after the one that follows it. */
  readonly reorder?: number;
  /** One bit flipped. */
  readonly corrupt?: number;
  /** Delivered `delayMs` later. */
  readonly delay?: number;
  readonly delayMs?: number;
}

/** An impairment of the path between one board and the server. Which of the datagrams are hit, the seed decides. */
export interface ImpairmentPlan {
  /** The address that the board's datagrams come from; those of others pass. */
  readonly boardAddress: string;
  /** How many of the board's next datagrams the impairment lasts. */
  readonly datagrams: number;
  readonly uplink?: PathPlan;
  readonly downlink?: PathPlan;
  readonly seed: number;
}

/** What is to happen to one datagram after the other, in both directions. */
export interface Fates {
  readonly uplink: readonly (ImpairmentEffect | 'pass')[];
  readonly downlink: readonly (ImpairmentEffect | 'pass')[];
}

const effects = ['drop', 'duplicate', 'reorder', 'corrupt', 'delay'] as const;

/**
 * Deals out the effects like shuffled cards, not by throwing dice: of 40 datagrams of which 7 are to be dropped exactly 7 are.
 * As many answers go down as datagrams come through.
 *
 * @throws UsageError IMPAIRMENT_TOO_MUCH when more is to happen than there are datagrams for.
 */
export function dealFates({ datagrams, uplink = {}, downlink = {}, seed }: ImpairmentPlan): Fates {
  const random = seededRandom(seed);
  const answers = datagrams - (uplink.drop ?? 0) + (uplink.duplicate ?? 0);
  return {
    uplink: shuffled(cards('uplink', uplink, datagrams), random),
    downlink: shuffled(cards('downlink', downlink, answers), random),
  };
}

function cards(direction: string, plan: PathPlan, count: number): (ImpairmentEffect | 'pass')[] {
  const hit = effects.flatMap((effect) => Array.from({ length: plan[effect] ?? 0 }, () => effect));
  if (hit.length > count) {
    throw new UsageError('IMPAIRMENT_TOO_MUCH', {
      what: `${hit.length} datagrams are to be impaired on the ${direction}, and only ${count} go that way`,
      next: 'let the impairment last for more datagrams',
    });
  }
  return [...hit, ...Array.from({ length: count - hit.length }, () => 'pass' as const)];
}
