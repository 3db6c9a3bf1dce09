import { markup, trusted, type Html } from './markup.ts';

export interface PageHead {
  readonly title: string;
  readonly style: string;
  /** Directives of its Content-Security-Policy, beside those that every page of ours has. */
  readonly policy: readonly string[];
}

/** How each page begins: it loads nothing from anywhere, and runs and looks like only what `policy` lets. */
export function pageHead({ title, style, policy }: PageHead): Html {
  const directives = [`default-src 'none'`, ...policy, `base-uri 'none'`, `form-action 'none'`];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${directives.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>`;
}
