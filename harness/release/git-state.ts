import { runTool } from '../process/run-tool.ts';

/** What git knows of a folder's repository. */
export interface GitState {
  /** Full hash of the commit that is checked out. */
  readonly commit: string;
  /** What differs from it, as `git status --porcelain` tells: changed files and new ones that git doesn't ignore. */
  readonly changes: readonly string[];
}

/** @returns undefined when the folder is in no repository, or in one without a commit. */
export async function readGitState(dir: string, signal?: AbortSignal): Promise<GitState | undefined> {
  const commit = await git(dir, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal);
  const changes = await git(dir, ['status', '--porcelain'], signal);
  if (commit === undefined || changes === undefined) return undefined;
  return { commit, changes: changes.split('\n').filter((line) => line !== '') };
}

/** The commit that a tag leads to; undefined when there is no such tag. */
export async function readTag(dir: string, tag: string, signal?: AbortSignal): Promise<string | undefined> {
  return await git(dir, ['rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`], signal);
}

/** Standard output; undefined when git says no. */
async function git(dir: string, args: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
  const { exitCode, stdout } = await runTool({
    command: 'git',
    args: ['-C', dir, ...args],
    signal,
    timeoutMs: 30_000,
  });
  return exitCode === 0 ? stdout : undefined;
}
