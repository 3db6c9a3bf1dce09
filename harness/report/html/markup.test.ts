import { describe, expect, it } from 'vitest';
import { jsonScript, markup } from './markup.ts';

describe('markup', () => {
  it('escapes what is put into it, but for markup that was made by it', () => {
    const inner = markup`<b>${'<i>&"\''}</b>`;
    expect(markup`<p title="${'"'}">${inner}${undefined}${7}${[inner, 'x']}</p>`.html).toBe(
      '<p title="&quot;"><b>&lt;i&gt;&amp;&quot;&#39;</b>7<b>&lt;i&gt;&amp;&quot;&#39;</b>x</p>',
    );
  });
});

describe('data for a script', () => {
  it('comes back as it was, and holds nothing that could end its element', () => {
    const data = ['</script><script>', '<!--', '<![CDATA[', '\u2028', '\u0000'];
    const { html } = jsonScript('data', data);
    const [, json = ''] = /^<script type="application\/json" id="data">(.*)<\/script>$/s.exec(html) ?? [];
    expect(json).not.toContain('<');
    expect(JSON.parse(json)).toEqual(data);
  });
});
