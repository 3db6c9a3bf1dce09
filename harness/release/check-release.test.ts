/** The questions that the gate asks before it lets a firmware onto a board, of real git repositories. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writeAppDescription } from '../build/app-description.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { checkImage, checkSource, type ReleaseSource } from './check-release.ts';
import type { Source } from './statement.ts';

const scratch = mkdtempSync(join(tmpdir(), 'hil-gate-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
});

describe('the source of a release', () => {
  it('is a commit: its hash is told, and that it has no tag yet', async () => {
    expect(await checkSource(repository.release)).toEqual({
      commit: repository.head,
      tagged: false,
      image: 'built-here',
    });
  });

  it('may have its tag already, an annotated one, too', async () => {
    repository.git('tag', '-a', 'v1.0.0', '-m', 'first');
    expect(await checkSource(repository.release)).toMatchObject({ tagged: true });
  });

  it('may lie beside files that git ignores', async () => {
    repository.write('.gitignore', 'build/\n');
    repository.commit();
    repository.write('build/x.o', '');
    expect(await checkSource(repository.release)).toMatchObject({ commit: repository.head });
  });

  it.each([
    ['a changed file', 'main.c', ' M main.c'],
    ['a new file', 'extra.c', '?? extra.c'],
  ])('is refused with %s, which is named', async (_, file, evidence) => {
    repository.write(file, 'int x;');
    await expect(checkSource(repository.release)).rejects.toMatchObject({
      fault: 'usage',
      code: 'RELEASE_TREE_DIRTY',
      story: { evidence: [evidence] },
    });
  });

  it('is refused when the harness that is to judge it has been changed', async () => {
    const harness = new Repository();
    harness.write('specs.ts', '');
    await expect(checkSource({ ...repository.release, root: harness.dir })).rejects.toMatchObject({
      code: 'RELEASE_TREE_DIRTY',
      story: { where: harness.dir },
    });
  });

  it('is refused where the tag is another commit’s; both are told', async () => {
    repository.git('tag', 'v1.0.0');
    const tagged = repository.head;
    repository.write('main.c', 'int y;');
    repository.commit();
    await expect(checkSource(repository.release)).rejects.toMatchObject({
      code: 'RELEASE_TAG_ELSEWHERE',
      message: expect.stringMatching(
        `v1.0.0 is at ${tagged.slice(0, 12)}, and this is ${repository.head.slice(0, 12)}`,
      ) as string,
    });
  });

  it('is refused with a configuration of this machine only, unless the image was built elsewhere', async () => {
    repository.write('.gitignore', 'sdkconfig\n');
    repository.commit();
    repository.write('sdkconfig', 'CONFIG_X=y\n');
    await expect(checkSource(repository.release)).rejects.toMatchObject({ code: 'RELEASE_LOCAL_CONFIG' });
    expect(await checkSource({ ...repository.release, isPrebuilt: true })).toMatchObject({
      image: 'prebuilt',
    });
  });

  it('is refused outside of git', async () => {
    const firmwareDir = mkdtempSync(join(scratch, 'plain-'));
    await expect(checkSource({ ...repository.release, firmwareDir })).rejects.toMatchObject({
      code: 'RELEASE_NO_GIT',
    });
  });
});

describe('the image of a release', () => {
  it.each([
    ['its commit', () => repository.head.slice(0, 7)],
    ['the commits since a tag', () => `v0.9-3-g${repository.head.slice(0, 7)}`],
  ])('built elsewhere names %s', async (_, version) => {
    await expect(check(version(), 'prebuilt')).resolves.toBeUndefined();
  });

  it('built elsewhere names a tag at this commit', async () => {
    repository.git('tag', 'v1.0.0');
    await expect(check('v1.0.0', 'prebuilt')).resolves.toBeUndefined();
  });

  it('built here may have a version of its own', async () => {
    await expect(check('1.0', 'built-here')).resolves.toBeUndefined();
  });

  it.each<[string, string, Source['image'], RegExp]>([
    ['another commit', 'v1.0-3-g0123456', 'built-here', /which is commit 0123456, and this is/],
    ['a tree with changes', 'v1.0-dirty', 'prebuilt', /uncommitted changes/],
    ['nobody knows what', '1.0', 'prebuilt', /names no commit/],
  ])('of %s is refused', async (_, version, image, words) => {
    await expect(check(version, image)).rejects.toMatchObject({
      fault: 'usage',
      code: 'RELEASE_IMAGE_OTHER',
      message: expect.stringMatching(words) as string,
    });
  });

  it('is refused when the tree was changed, or another commit checked out, while it was built', async () => {
    const source = await checkSource(repository.release);
    const build = repository.build(repository.head);
    repository.write('main.c', 'int y;');
    await expect(checkImage(build, repository.release, source)).rejects.toMatchObject({
      code: 'RELEASE_TREE_DIRTY',
    });
    repository.commit();
    await expect(checkImage(build, repository.release, source)).rejects.toMatchObject({
      code: 'RELEASE_IMAGE_OTHER',
    });
  });

  it('is refused with a password in it, which is not told', async () => {
    const build = repository.build(repository.head, { EXAMPLE_WIFI_PASSWORD: 'correct horse' });
    const refused = checkImage(build, repository.release, await checkSource(repository.release));
    await expect(refused).rejects.toMatchObject({ code: 'RELEASE_IMAGE_SECRET' });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('horse') as string });
  });

  async function check(version: string, image: Source['image']): Promise<void> {
    const release = { ...repository.release, isPrebuilt: image === 'prebuilt' };
    await checkImage(repository.build(version), release, await checkSource(release));
  }
});

/** A repository with one commit. */
class Repository {
  readonly dir = mkdtempSync(join(scratch, 'repository-'));

  constructor() {
    this.git('init', '--quiet');
    this.write('main.c', 'int x;\n');
    this.commit();
  }

  get release(): ReleaseSource {
    return { name: 'v1.0.0', root: this.dir, firmwareDir: this.dir, isPrebuilt: false };
  }

  get head(): string {
    return this.git('rev-parse', 'HEAD').trim();
  }

  git(...args: readonly string[]): string {
    const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    return execFileSync('git', ['-C', this.dir, ...who, ...args], { encoding: 'utf8' });
  }

  write(file: string, text: string): void {
    const path = join(this.dir, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }

  commit(): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'change');
  }

  /** A build with an image of that version, outside of the tree. */
  build(version: string, config: Readonly<Record<string, string>> = {}): BuildDirectory {
    const dir = mkdtempSync(join(scratch, 'build-'));
    mkdirSync(join(dir, 'config'));
    writeFileSync(join(dir, 'config/sdkconfig.json'), JSON.stringify(config));
    const texts = { projectName: 'x', time: '', date: '', idfVersion: 'v6.0.2', elfSha256: '00'.repeat(32) };
    const path = join(dir, 'x.bin');
    writeFileSync(path, Buffer.concat([Buffer.alloc(0x20), writeAppDescription({ ...texts, version })]));
    return {
      dir,
      projectName: 'x',
      projectVersion: 'not the one that boots',
      idfVersion: 'v6.0.2',
      target: 'esp32',
      appElfPath: join(dir, 'x.elf'),
      toolPrefix: '',
      flashFiles: [],
      app: { offset: 0x10000, path },
      config: {},
    };
  }
}
