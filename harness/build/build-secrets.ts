import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** ESP-IDF's own defaults, and words too short or too common to be taken out of a log. */
const leastLength = 8;
const notSecret = ['mypassword', 'password'];

/** The passwords that a firmware was configured with (menuconfig), by its build directory; none where that doesn't tell. */
export async function readBuildSecrets(buildDir: string): Promise<string[]> {
  // As kconfig writes it, for tools.
  const text = await readFile(join(buildDir, 'config/sdkconfig.json'), 'utf8').catch(() => '{}');
  const config = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return Object.entries(config).flatMap(([name, value]) =>
    name.endsWith('PASSWORD') && isSecret(value) ? [value] : [],
  );
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value.length >= leastLength && !notSecret.includes(value);
}
