import type { Comparison } from '../record/comparison.ts';
import type { FirmwareIdentity, RunResult } from '../record/verdict.ts';

/** What kind of document it is: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export const statementType = 'https://in-toto.io/Statement/v1';
/** What is stated: {@link ReleasePredicate}. A name, as the specification wants it, and no place to look it up. */
export const releasePredicateType = 'https://esp32-udp-hil.example/release-gate/v1';

/** `statement.json` of an evidence folder: these files are what was judged, and what came of it. */
export interface Statement {
  readonly _type: typeof statementType;
  readonly subject: readonly StatedFile[];
  readonly predicateType: typeof releasePredicateType;
  readonly predicate: ReleasePredicate;
}

/** One file of the folder: all but the statement itself and `SHA256SUMS` are named. */
export interface StatedFile {
  /** Path within the folder, with `/`. */
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

export interface ReleasePredicate {
  /** Name of the release: `v1.4.0`. */
  readonly release: string;
  /** True when it was no release but practice for one: `--verify` refuses it. */
  readonly rehearsal: boolean;
  readonly verdict: RunResult['verdict'];
  /** Why, in a sentence. */
  readonly summary: string;
  /** When the run began, and when this folder was written; ISO 8601. */
  readonly judgedAt: string;
  readonly sealedAt: string;
  readonly source: Source;
  readonly firmware: FirmwareIdentity;
  readonly board: { readonly name: string; readonly tier: string; readonly real: boolean };
  /** The machine that judged. */
  readonly bench: { readonly host: string };
  /** Of the harness, Node.js and the operating system. */
  readonly versions: Readonly<Record<string, string>>;
  /** The effective options of the run. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly claims: {
    readonly passed: number;
    readonly failed: readonly string[];
    readonly inconclusive: readonly string[];
    /** Not asked of this board, with the reason. */
    readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  };
  /** How long it was left alone to be judged by trends, in ms. Absent when it was not. */
  readonly soakMs?: number;
  /** With the last release, or what else was asked for; or why there is none. */
  readonly comparison: Pick<Comparison, 'reference' | 'outcome' | 'summary'> | { readonly absent: string };
  /** Of the components that the image is made of; or why there is none. */
  readonly sbom: { readonly file: string } | { readonly absent: string };
}

/** Where the image comes from. */
export interface Source {
  /** Full hash of the commit. */
  readonly commit: string;
  /** Whether the release's tag was there when it was judged; if so, it was at this commit. */
  readonly tagged: boolean;
  /** Built from the commit by the run itself, or elsewhere: then its version names the commit. */
  readonly image: 'built-here' | 'prebuilt';
}
