import { join, relative } from 'node:path';
import { openReference } from '../bench/open-reference.ts';
import type { RunOptions } from '../bench/options.ts';
import type { ReleaseWish } from '../bench/release-wish.ts';
import { run, type RunContext } from '../bench/run.ts';
import type { RunResult } from '../record/verdict.ts';
import { checkImage, checkSource } from './check-release.ts';
import { firmwareFolder, keepFirmware } from './keep-firmware.ts';
import { findLastRelease } from './last-release.ts';
import { makeSbom } from './sbom.ts';
import { sealEvidence } from './seal-evidence.ts';
import type { ReleasePredicate } from './statement.ts';

/** A release that was judged. */
export interface Gate {
  readonly result: RunResult;
  /**
   * Writes the evidence folder, once the run's report is written.
   *
   * @returns the folder, relative to the root; undefined when nothing was flashed, so that there is nothing to keep.
   * @throws BenchError EVIDENCE_NOT_WRITTEN
   */
  seal(htmlFile: string): Promise<string | undefined>;
}

/**
 * A run that decides about a release: from a commit, all claims, beside the last release; everything that was judged is kept.
 *
 * @throws UsageError as {@link checkSource} and {@link checkImage}, as {@link run} and as {@link openReference}.
 */
export async function runGate(
  options: RunOptions,
  { name, isRehearsal }: ReleaseWish,
  context: RunContext,
): Promise<Gate> {
  const { root, signal } = context;
  const { firmwareDir, tier = 'virtual' } = options;
  const releases = join(root, 'releases');
  const wanted = { name, root, firmwareDir, isPrebuilt: options.buildDir !== undefined, signal };
  const source = await checkSource(wanted);
  const last = findLastRelease(releases, { tier, isRehearsal });
  const reference = context.reference ?? (last === undefined ? undefined : openReference(last, { root }));
  let sbom: ReleasePredicate['sbom'] | undefined;
  const result = await run(
    // A folder for each commit: nothing that another one has left behind gets into the image.
    { ...options, buildsDir: join(root, '.hil/builds', `release-${source.commit.slice(0, 12)}`) },
    {
      ...context,
      reference,
      onBuilt: async (build, recordDir) => {
        await checkImage(build, wanted, source);
        const dir = join(recordDir, firmwareFolder);
        await keepFirmware(build, dir);
        sbom = await makeSbom(build, dir, signal);
      },
    },
  );
  return {
    result,
    async seal(htmlFile) {
      if (sbom === undefined || result.verdict === 'interrupted') return undefined;
      const dir = join(releases, name, result.id);
      const recordDir = join(root, result.record);
      await sealEvidence({ name, isRehearsal, source, sbom, result, recordDir, htmlFile }, dir);
      return relative(root, dir);
    },
  };
}
