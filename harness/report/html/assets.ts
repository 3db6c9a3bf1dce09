import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { PageAssets } from './page.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Puts the page's script and style together, uPlot in them, its licence too. */
export function bundleAssets(): PageAssets {
  const uplotDir = join(dirname(createRequire(import.meta.url).resolve('uplot')), '..');
  const licence = readFileSync(join(uplotDir, 'LICENSE'), 'utf8').trim();
  const { outputFiles } = buildSync({
    entryPoints: [join(here, 'client/main.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    banner: { js: `/*! uPlot\n${licence}\n*/` },
  });
  const script = outputFiles[0]?.text ?? '';
  const style = [
    readFileSync(join(uplotDir, 'dist/uPlot.min.css'), 'utf8'),
    readFileSync(join(here, 'style.css'), 'utf8'),
  ].join('\n');
  return { script, scriptSha256: sha256(script), style, styleSha256: sha256(style) };
}

/** As a Content-Security-Policy names what may run. */
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
