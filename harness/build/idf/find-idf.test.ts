/** Which ESP-IDF is taken: folders that look like one, with an export script of their own. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findIdf } from './find-idf.ts';

const scratch: string[] = [];
afterEach(() => {
  for (const dir of scratch.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'idf-home-'));
  scratch.push(home);
  return home;
}

const exportsTools = 'export IDF_TOOLS_MARK="from $IDF_PATH" PATH="$IDF_PATH/tools:$PATH"';

function makeIdf(dir: string, version: string, script = exportsTools): string {
  const [major = '', minor = '', patch = ''] = version.split('.');
  const files = {
    'tools/idf.py': '',
    'tools/cmake/version.cmake': `set(IDF_VERSION_MAJOR ${major})\nset(IDF_VERSION_MINOR ${minor})\nset(IDF_VERSION_PATCH ${patch})\n`,
    'export.sh': `${script}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  chmodSync(join(dir, 'tools/idf.py'), 0o755);
  return dir;
}

describe('findIdf', () => {
  it('takes the one that the shell has exported, as it is', async () => {
    const home = makeHome();
    const dir = makeIdf(join(home, 'anywhere'), '5.4.1');
    const env = { IDF_PATH: dir, PATH: join(dir, 'tools') };
    expect(await findIdf({ home, env })).toEqual({
      dir,
      version: '5.4.1',
      why: 'exported in this shell',
      env: {},
    });
  });

  it('takes the newest of those in the usual places, and activates it by its script', async () => {
    const home = makeHome();
    makeIdf(join(home, 'esp/esp-idf'), '5.1.4');
    const newest = makeIdf(join(home, '.espressif/v5.10/esp-idf'), '5.10.0');
    makeIdf(join(home, 'esp/v5.9/esp-idf'), '5.9.2');
    const found = await findIdf({ home, env: {} });
    expect(found).toMatchObject({
      dir: newest,
      version: '5.10.0',
      why: 'found in the home folder, the newest of 3',
    });
    expect(found.env).toMatchObject({ IDF_PATH: newest, IDF_TOOLS_MARK: `from ${newest}` });
  });

  it("reads the books of ESP-IDF's Installation Manager, and uses its script", async () => {
    const home = makeHome();
    const dir = makeIdf(join(home, 'far/away'), '6.0.2', 'false');
    const activationScript = join(home, 'activate.sh');
    writeFileSync(activationScript, `export MANAGED=yes PATH="${dir}/tools:$PATH"\n`);
    mkdirSync(join(home, '.espressif/tools'), { recursive: true });
    const books = { idfInstalled: [{ id: 'a', path: dir, activationScript }], idfSelectedId: 'a' };
    writeFileSync(join(home, '.espressif/tools/eim_idf.json'), JSON.stringify(books));
    expect(await findIdf({ home, env: {} })).toMatchObject({ dir, env: { MANAGED: 'yes' } });
  });

  it('takes the one that is asked for, whatever else is there', async () => {
    const home = makeHome();
    makeIdf(join(home, 'esp/esp-idf'), '9.0.0');
    const idfDir = makeIdf(join(home, 'mine'), '5.1.0');
    expect(await findIdf({ home, env: {}, idfDir })).toMatchObject({ dir: idfDir, why: 'as asked by --idf' });
  });

  it('says what is wrong', async () => {
    const home = makeHome();
    await expect(findIdf({ home, env: {} })).rejects.toThrow(/IDF_NOT_FOUND: .*no idf\.py in PATH/);
    await expect(findIdf({ home, env: {}, idfDir: home })).rejects.toMatchObject({
      fault: 'usage',
      code: 'IDF_MISSING',
    });
    makeIdf(
      join(home, 'esp/esp-idf'),
      '5.1.4',
      // As ESP-IDF v6 does it: without an exit code.
      'echo "ERROR: tool xtensa-esp-elf has no installed versions"',
    );
    await expect(findIdf({ home, env: {} })).rejects.toThrow(
      /IDF_NOT_USABLE: ESP-IDF 5\.1\.4 [^]*no installed versions[^]*install\.sh/,
    );
  });
});
