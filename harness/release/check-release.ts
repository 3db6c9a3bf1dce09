import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { APP_DESCRIPTION_LENGTH, parseAppDescription } from '../build/app-description.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { readBuildSecrets } from '../build/build-secrets.ts';
import { UsageError } from '../errors.ts';
import { readGitState, readTag, type GitState } from './git-state.ts';
import type { Source } from './statement.ts';

/** What a release is made of, before anything is built. */
export interface ReleaseSource {
  /** Name of the release, and of its tag. */
  readonly name: string;
  /** Root of the harness's repository: its specs judge. */
  readonly root: string;
  readonly firmwareDir: string;
  /** The image comes from elsewhere; else it is built by the run. */
  readonly isPrebuilt: boolean;
  readonly signal?: AbortSignal;
}

/** So many files are named; a tree with more is dirty enough. */
const mostFiles = 8;

/**
 * Before anything is built: is the firmware what git holds of it, and is the name free or this commit's?
 *
 * @throws UsageError RELEASE_NO_GIT, RELEASE_TREE_DIRTY, RELEASE_LOCAL_CONFIG, RELEASE_TAG_ELSEWHERE.
 */
export async function checkSource(release: ReleaseSource): Promise<Source> {
  const { name, root, firmwareDir, isPrebuilt, signal } = release;
  const state = await readGitState(firmwareDir, signal);
  if (state === undefined) {
    throw new UsageError('RELEASE_NO_GIT', {
      what: 'A release is made from a commit, and this firmware is in no git repository with one',
      where: firmwareDir,
      next: 'commit it, or name the firmware in your repository: --firmware DIR',
    });
  }
  refuseChanges(state, firmwareDir);
  const harness = await readGitState(root, signal);
  if (harness !== undefined) refuseChanges(harness, root);
  const sdkconfig = join(firmwareDir, 'sdkconfig');
  if (!isPrebuilt && existsSync(sdkconfig)) {
    throw new UsageError('RELEASE_LOCAL_CONFIG', {
      what: 'The firmware has been configured on this machine, by a file that is in no commit',
      where: sdkconfig,
      next: 'move what the release needs into sdkconfig.defaults, commit it, and delete this file',
    });
  }
  const tagCommit = await readTag(firmwareDir, name, signal);
  if (tagCommit !== undefined && tagCommit !== state.commit) {
    throw new UsageError('RELEASE_TAG_ELSEWHERE', {
      what: `The tag ${name} is at ${shorten(tagCommit)}, and this is ${shorten(state.commit)}`,
      where: firmwareDir,
      next: `check that commit out (\`git checkout ${name}\`), or give the release another name`,
    });
  }
  return {
    commit: state.commit,
    tagged: tagCommit !== undefined,
    image: isPrebuilt ? 'prebuilt' : 'built-here',
  };
}

/**
 * Before it is flashed: is this the image of that commit, and could it be given to anybody?
 *
 * @throws UsageError RELEASE_TREE_DIRTY, when the tree was changed while it was built; RELEASE_IMAGE_OTHER, RELEASE_IMAGE_SECRET.
 */
export async function checkImage(
  build: BuildDirectory,
  { firmwareDir, signal }: ReleaseSource,
  { commit, image }: Source,
): Promise<void> {
  const state = await readGitState(firmwareDir, signal);
  if (state !== undefined) refuseChanges(state, firmwareDir);
  if (state?.commit !== commit) {
    throw imageOther(build, `While it was built, the commit checked out became ${shorten(state?.commit)}`);
  }
  const version = await versionOf(build);
  if (version.endsWith('-dirty')) {
    throw imageOther(build, `The image is of version ${version}: built from a tree with uncommitted changes`);
  }
  const named = await commitNamedBy(version, firmwareDir, signal);
  if (named === undefined && image === 'prebuilt') {
    throw imageOther(build, `The image was built elsewhere, and its version, ${version}, names no commit`);
  }
  if (named !== undefined && !commit.startsWith(named)) {
    throw imageOther(
      build,
      `The image is of version ${version}, which is commit ${shorten(named)}, and this is ${shorten(commit)}`,
    );
  }
  if ((await readBuildSecrets(build.dir)).length > 0) {
    throw new UsageError('RELEASE_IMAGE_SECRET', {
      what: 'The image holds a password that it was configured with, and whoever gets the image, gets that',
      where: join(build.dir, 'config/sdkconfig.json'),
      next: 'release an image that asks for its network: --provision',
    });
  }
}

function refuseChanges({ changes }: GitState, dir: string): void {
  if (changes.length === 0) return;
  const more = changes.length - mostFiles;
  throw new UsageError('RELEASE_TREE_DIRTY', {
    what: `A release is what git holds, and here ${changes.length} file${changes.length === 1 ? ' is' : 's are'} otherwise`,
    where: dir,
    evidence: [...changes.slice(0, mostFiles), ...(more > 0 ? [`and ${more} more`] : [])],
    next: 'commit, stash or ignore them',
  });
}

/** The version inside the image, which is the one that it boots with. */
async function versionOf({ app, projectVersion }: BuildDirectory): Promise<string> {
  if (app === undefined) return projectVersion;
  const head = Buffer.alloc(APP_DESCRIPTION_LENGTH);
  await using file = await open(app.path);
  await file.read(head, 0, head.length, 0x20);
  return parseAppDescription(head)?.version ?? projectVersion;
}

/**
 * The commit, in full or its first digits, that a version tells: by `git describe` (`v1.3-4-g63c41f5`, `63c41f5`), as ESP-IDF makes
 * versions, or by a tag of that name. Undefined when it tells none: the project has a version of its own.
 */
async function commitNamedBy(
  version: string,
  dir: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return /(?:^|-g)([0-9a-f]{7,40})$/.exec(version)?.[1] ?? (await readTag(dir, version, signal));
}

function imageOther({ dir }: BuildDirectory, what: string): UsageError {
  return new UsageError('RELEASE_IMAGE_OTHER', {
    what,
    where: dir,
    next: 'build this commit, with a version by git: no PROJECT_VER and no version.txt; or leave --build-dir out',
  });
}

function shorten(commit = 'none'): string {
  return commit.slice(0, 12);
}
