/**
 * What the page of a report draws, as JSON in the page. Columns instead of objects, and times as differences: 100,000
 * datagrams make half a million rows.
 */
export interface ReportData {
  readonly nominalPeriodMs: number;
  /** Length of FreeRTOS' tick by ESP-IDF's default. */
  readonly tickMs: number;
  readonly log: LogColumns;
  /** Rows of the board's own datagrams, in order of arrival, and what is known of each. */
  readonly datagrams: DatagramColumns;
  /** Round trips that the device logged, each with the row of its line. */
  readonly roundTrips: { readonly row: readonly number[]; readonly rttUs: readonly number[] };
  /** What was lost, doubled or left unanswered, for the time line of losses. */
  readonly marks: readonly Mark[];
  readonly spans: readonly TimeSpan[];
  /** When the board booted: no interval is counted over a boot. */
  readonly bootsUs: readonly number[];
}

/** Everything that was seen, in the order of time; one entry a row in each column. */
export interface LogColumns {
  /** Microseconds since the row before; of the first row, since the run began. */
  readonly stepUs: readonly number[];
  /** One character a row, see {@link RowKind}. */
  readonly kind: string;
  /** Index into `texts`. */
  readonly text: readonly number[];
  readonly texts: readonly string[];
  /** How many rows further on the datagram stands that a line tells of; 0 for none. */
  readonly link: readonly number[];
  /** Rows at the beginning of the run that are left out, because they were too many. */
  readonly leftOut: number;
}

/** `s` console, `d` datagram of the board, `f` any other datagram: of somebody else, or of the board before its reset, `b` bench, `e` error. */
export type RowKind = 's' | 'd' | 'f' | 'b' | 'e';

export interface DatagramColumns {
  readonly row: readonly number[];
  readonly index: readonly number[];
  /** From arrival to the answer; a name for what became of it otherwise. */
  readonly answer: readonly (number | string)[];
  /** How far off the stamp can be. */
  readonly boundUs: readonly number[];
}

/** Lanes of the time line of losses, from top to bottom. */
export const lanes = {
  'not-arrived': 'sent, not arrived',
  'not-reported': 'arrived, not reported',
  duplicate: 'arrived twice',
  withheld: 'left unanswered by the bench',
  'not-logged': 'answered, not logged',
  'never-sent': 'logged, never answered',
  impaired: 'impaired by the bench',
} as const;
export type Lane = keyof typeof lanes;

export interface Mark {
  readonly lane: Lane;
  readonly atUs: number;
}

export interface TimeSpan {
  readonly kind: 'window' | 'disturbance';
  readonly name: string;
  readonly fromUs: number;
  readonly toUs: number;
}
