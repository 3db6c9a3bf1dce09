import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildDirectory } from '../build/build-directory.ts';
import { BenchError } from '../errors.ts';
import { lastLines, runTool } from '../process/run-tool.ts';
import type { ReleasePredicate } from './statement.ts';

/** Software bill of materials, SPDX as JSON. */
export const sbomFile = 'sbom.spdx.json';

/** It reads the manifests of all components; this bounds a hang. */
const timeoutMs = 120_000;

/**
 * Has the components of an image listed by Espressif's `esp-idf-sbom`, where it is installed.
 *
 * @param dir - gets {@link sbomFile}
 * @returns what the statement says of it: without the tool, or with a build that it can't read, why there is none.
 */
export async function makeSbom(
  build: BuildDirectory,
  dir: string,
  signal?: AbortSignal,
): Promise<ReleasePredicate['sbom']> {
  const description = join(build.dir, 'project_description.json');
  // What a build of the host compiler has not, and the tool doesn't do without.
  if (!(await readFile(description, 'utf8')).includes('"build_component_info"')) {
    return { absent: 'the build tells no components: it was not made by ESP-IDF' };
  }
  const file = join(dir, sbomFile);
  try {
    const { exitCode, stdout, stderr } = await runTool({
      command: 'esp-idf-sbom',
      args: ['--no-color', 'create', '--format', 'spdx-json', '--output-file', file, description],
      // Else it asks the internet which vulnerabilities don't concern anybody. A list of components needs none.
      env: { SBOM_NO_SYNC_EXCLUDED_CVES: '1' },
      timeoutMs,
      signal,
    });
    if (exitCode !== 0) {
      const [words = 'it says nothing'] = lastLines(stderr + stdout, 1);
      return { absent: `esp-idf-sbom failed with exit code ${exitCode}: ${words}` };
    }
    await access(file);
    return { file: sbomFile };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return { absent: `${error.story.what}; it comes by \`pip install esp-idf-sbom\`` };
  }
}
