/** The report as a browser shows it: Debian's Chromium, without a network, and with a board that is no friend. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../../record/verdict.ts';
import { failedClaim, failedResult, hostile } from '../../testdata/results.ts';
import { writeSyntheticRun } from '../testdata/synthetic-run.ts';
import { writeHtmlReport } from '../write-html-report.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const scratch = mkdtempSync(join(tmpdir(), 'hil-report-'));
let browser: Browser;

describe.skipIf(executablePath === undefined)('the report in a browser (needs chromium)', () => {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  describe('of a run whose board prints what it can', () => {
    const attacks = [
      hostile,
      '<img src=x onerror="document.title=1">',
      '"><svg/onload=alert(1)>',
      '<!--<script>',
      'javascript:alert(1)',
      '\u001b[31m\u202e\u2066{{constructor.constructor("alert(1)")()}}${alert(1)}',
    ].join('');
    const result: RunResult = {
      ...failedResult,
      board: attacks,
      summary: attacks,
      firmware: { dir: attacks, project: attacks, version: attacks, idfVersion: attacks, target: attacks },
      claims: failedResult.claims.map((claim) => ({
        ...claim,
        title: attacks,
        origin: attacks,
        reason: attacks,
      })),
      errors: [{ fault: 'dut', code: 'DUT_CRASHED', message: attacks }],
    };

    it('runs nothing, asks for nothing, and shows the text as text', async () => {
      const { page, told } = await open('hostile', result, { datagrams: 200, hostile: attacks });
      await page.locator('#log-filter [name=text]').fill('onerror');
      expect(await page.locator('#log .row').count()).toBeGreaterThan(3);
      await page.locator('#log .row').nth(2).click();
      expect(await page.locator('#log .row .text').nth(2).textContent()).toContain('<img src=x onerror=');
      const foreign = await page.evaluate(
        () => document.querySelectorAll('img, iframe, object, embed, link, svg:not(.gauge)').length,
      );
      expect(foreign).toBe(0);
      expect(await page.evaluate(() => document.scripts.length)).toBe(2);
      expect(await page.title()).toContain('</script><script>alert(1)</script>');
      expect(told).toEqual([]);
    });

    it('is refused by the browser where it would be run', async () => {
      const { page } = await open('hostile', result, { datagrams: 10, hostile: attacks });
      const refused = await page.evaluate(() => {
        const script = document.createElement('script');
        try {
          script.text = 'document.title = "run"';
          document.body.append(script);
          document.body.innerHTML = '<b>markup</b>';
          return 'nothing was refused';
        } catch (error) {
          return String(error);
        }
      });
      expect(refused).toContain('TrustedScript');
    });
  });

  describe('of a run with 10,000 datagrams', () => {
    it('opens in under a second', async () => {
      const { page, told, busyMs } = await open('ten-thousand', failedResult, { datagrams: 10_000 });
      expect(await busyMs()).toBeLessThan(1000);
      expect(await page.locator('#log-count').textContent()).toBe('40,005 of 40,005 lines');
      // Only those exist that are seen.
      expect(await page.locator('#log .row').count()).toBeLessThan(80);
      expect(told).toEqual([]);
    });
  });

  describe('by mouse and keyboard', () => {
    let page: Page;
    beforeAll(async () => {
      ({ page } = await open('healthy', failedResult, { datagrams: 300 }));
    });

    it('a datagram that is clicked shows the lines of the console that tell of it', async () => {
      const datagram = page.locator('#log .row.datagram').first();
      await datagram.click();
      const detail = page.locator('#log-detail');
      expect(await detail.textContent()).toContain('#0');
      const buttons = detail.locator('button');
      expect(await buttons.allTextContents()).toEqual([
        expect.stringContaining('Client: sent seq=0') as string,
        expect.stringContaining('Client: ack seq=0') as string,
      ]);
      await buttons.first().click();
      expect(await page.locator('#log .row[aria-selected=true]').textContent()).toContain('sent seq=0');
      expect(await page.locator('#log .row.linked').count()).toBe(3);
    });

    it('the log is walked through by the keyboard, and the list says where one is', async () => {
      await page.locator('#log').focus();
      await page.keyboard.press('End');
      const active = () => page.locator('#log').getAttribute('aria-activedescendant');
      const last = await active();
      expect(await page.locator(`#${last ?? ''}`).getAttribute('aria-posinset')).toBe(
        await page.locator(`#${last ?? ''}`).getAttribute('aria-setsize'),
      );
      await page.keyboard.press('ArrowUp');
      expect(await active()).not.toBe(last);
      // From the line of a send on to that of its ack, and around to the datagram.
      await page.keyboard.press('Enter');
      expect(await page.locator('#log .row[aria-selected=true]').textContent()).toContain('ack seq=299');
      await page.keyboard.press('Enter');
      expect(await page.locator('#log .row[aria-selected=true].datagram').count()).toBe(1);
      await page.keyboard.press('Escape');
      expect(await page.locator('#log .row[aria-selected=true]').count()).toBe(0);
    });

    it('a claim that was not kept leads to when it showed', async () => {
      const startedHostNs = 5e12;
      const claims = [{ ...failedClaim, momentsNs: [startedHostNs + 5.1e9] }];
      const { page: failing } = await open('moments', { ...failedResult, claims }, { datagrams: 300 });
      await failing.getByRole('button', { name: '5.100 s' }).click();
      const selected = failing.locator('#log .row[aria-selected=true]');
      expect(await selected.textContent()).toContain('#50');
      expect(await selected.isVisible()).toBe(true);
    });

    it('a point of a plot that is clicked chooses its datagram', async () => {
      await page.locator('#intervals .u-over').click();
      expect(await page.locator('#log .row[aria-selected=true].datagram').count()).toBe(1);
    });

    it('the plots show a window that is chosen without a mouse', async () => {
      await page.locator('#range').selectOption({ label: 'disturbance ack-silence' });
      expect(await page.locator('#range').inputValue()).not.toBe('');
      expect(await page.locator('#log .row.bench').first().textContent()).toContain('ack-silence begins');
    });

    it('a plot that is zoomed by dragging shows the whole run again by a double click', async () => {
      const { page: zoomed } = await open('healthy', failedResult, { datagrams: 300 });
      const over = zoomed.locator('#intervals .u-over');
      await over.scrollIntoViewIfNeeded();
      const { x = 0, y = 0, width = 0 } = (await over.boundingBox()) ?? {};
      const chosen = () =>
        zoomed.locator('#range').evaluate((select) => (select as HTMLSelectElement).selectedIndex);
      await zoomed.mouse.move(x + width / 4, y + 60);
      await zoomed.mouse.down();
      await zoomed.mouse.move(x + width / 2, y + 60, { steps: 4 });
      await zoomed.mouse.up();
      expect(await chosen()).toBe(-1);
      await over.dblclick();
      expect(await chosen()).toBe(0);
    });

    it('every stop of the Tab key is seen and has a name', async () => {
      const { page: fresh } = await open('healthy', failedResult, { datagrams: 300 });
      const names: string[] = [];
      for (let stop = 0; stop < 30; stop += 1) {
        await fresh.keyboard.press('Tab');
        const name = await fresh.evaluate(() => {
          const element = document.activeElement as HTMLElement | null;
          if (element === null || element === document.body) return undefined;
          const label = element.getAttribute('aria-labelledby');
          const text = label === null ? element.textContent : document.getElementById(label)?.textContent;
          const { labels } = element as HTMLInputElement;
          return (labels?.[0]?.textContent ?? text ?? '').trim();
        });
        if (name === undefined) break;
        names.push(name);
      }
      expect(names[0]).toBe('Skip to the claims');
      expect(names).toContain('Console and network on one axis of time');
      expect(names.filter((name) => name === '')).toEqual([]);
    });
  });

  it('has landmarks, headed tables and plots that are told in words', async () => {
    const { page } = await open('healthy', failedResult, { datagrams: 300 });
    for (const landmark of ['banner', 'navigation', 'main', 'contentinfo', 'search'] as const) {
      expect(await page.getByRole(landmark).count(), landmark).toBe(1);
    }
    expect(await page.getByRole('columnheader').allTextContents()).toEqual(
      expect.arrayContaining(['claim', 'figure', 'bound', 'verdict']) as string[],
    );
    expect(await page.getByRole('rowheader').count()).toBeGreaterThanOrEqual(3);
    for (const plot of await page.getByRole('img').all()) {
      const words = (await plot.getAttribute('aria-describedby')) ?? '';
      expect((await page.locator(`#${words}`).textContent())?.length).toBeGreaterThan(30);
    }
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('failed');
  });

  it('says first that a virtual board is no evidence', async () => {
    const { page } = await open('healthy', failedResult, { datagrams: 10 });
    expect(await page.getByRole('banner').textContent()).toContain('no evidence for a release');
    const real = await open('real', { ...failedResult, realBoard: true, tier: 'board' }, { datagrams: 10 });
    expect(await real.page.getByRole('banner').textContent()).not.toContain('no evidence');
  });

  it('tells verdict, identity and claims without its script', async () => {
    const { page } = await open('healthy', failedResult, { datagrams: 10 }, { javaScriptEnabled: false });
    const text = await page.locator('body').innerText();
    expect(text).toMatch(/failed/i);
    expect(text).toContain(failedResult.firmware?.elfSha256);
    expect(text).toContain('110 ms');
    expect(text).toContain('need JavaScript');
  });
});

it('keeps the licence of what is in it', () => {
  const file = join(scratch, 'licence.html');
  writeSyntheticRun(join(scratch, 'licence'), { datagrams: 1, result: failedResult });
  writeHtmlReport(join(scratch, 'licence'), failedResult, file);
  expect(readFileSync(file, 'utf8')).toMatch(/The MIT License.*Leon Sorokin/s);
});

interface Opened {
  readonly page: Page;
  /** Everything that the page has asked for or complained of. */
  readonly told: string[];
  /** Processor time of the page's main thread: what it needs to open, however busy this host is with other things. */
  readonly busyMs: () => Promise<number>;
}

async function open(
  name: string,
  result: RunResult,
  run: { readonly datagrams: number; readonly hostile?: string },
  context: { readonly javaScriptEnabled?: boolean } = {},
): Promise<Opened> {
  const dir = join(scratch, name);
  const file = join(dir, 'report.html');
  writeSyntheticRun(dir, { ...run, result });
  writeHtmlReport(dir, result, file);
  const page = await browser.newPage({ ...context, viewport: { width: 1200, height: 900 } });
  const told: string[] = [];
  page.on('console', (message) => told.push(message.text()));
  page.on('pageerror', (error) => told.push(error.message));
  page.on('dialog', (dialog) => {
    told.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href) told.push(request.url());
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(pathToFileURL(file).href);
  if (context.javaScriptEnabled !== false) {
    await page.waitForFunction(() => performance.getEntriesByName('report-ready').length > 0);
  }
  const busyMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    const seconds = metrics.find(({ name: metric }) => metric === 'TaskDuration')?.value;
    if (seconds === undefined) throw new Error('the browser tells no TaskDuration');
    return seconds * 1e3;
  };
  return { page, told, busyMs };
}
