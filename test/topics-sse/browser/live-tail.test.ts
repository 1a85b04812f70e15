import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fresh, type RequestOptions, TopicsCaller, texts } from '../../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { CutProxy } from '../clients/cut-proxy.ts';
import { Chromium, chromiumName } from './chromium.ts';

const name = chromiumName();
if (name === undefined) console.log('skipped: Chromium is not installed (Debian: apt-get install chromium)');

const example = pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'examples', 'browser', 'index.html'));
const patience = { timeout: 15_000, interval: 50 };
/** The server asks for up to 10 s before a reconnect, and a browser adds to it after failures. */
const reconnected = { timeout: 40_000, interval: 50 };
const testMs = 60_000;

interface Row {
  readonly kind: string;
  readonly text: string;
}

describe.skipIf(name === undefined)('browser: the live tail of examples/browser', () => {
  let fleet: TestFleet;
  let browser: Chromium;
  let proxy: CutProxy;
  const topics = new TopicsCaller(() => ({
    baseUrl: fleet.url,
    subscribeUrl: fleet.url,
    adminToken: fleet.adminToken,
  }));

  beforeAll(async () => {
    fleet = await startFleet();
    proxy = await CutProxy.start(fleet.url);
    browser = await Chromium.start(name!);
  }, testMs);
  afterAll(async () => {
    await browser?.stop();
    await proxy?.stop();
    await fleet?.stop();
  });

  /** Opens the page as a file, the way a newcomer does, on a token that may only subscribe. */
  const openPage = async (topic: string, { token, cache = 'default' }: RequestOptions = {}): Promise<void> => {
    const own = token ?? (await topics.topicToken(['subscribe'], { name: topic }, cache));
    await browser.open(`${example}#${new URLSearchParams({ server: proxy.url, cache, topic, token: own })}`);
    await vi.waitFor(async () => expect(await state()).not.toBe('connecting'), patience);
  };
  const state = () => browser.evaluate<string>('document.body?.dataset.state ?? "connecting"');
  const rows = () =>
    browser.evaluate<Row[]>(
      `[...document.querySelectorAll('#log li')].map((row) => ({ kind: row.className, text: row.lastChild.textContent }))`,
    );
  const expectRows = (expected: readonly Row[], within = patience) =>
    vi.waitFor(async () => expect(await rows()).toEqual(expected), within);
  const message = (sequence: number, text: string): Row => ({ kind: 'message', text: `#${sequence}  ${text}` });

  it('shows what is retained and what comes, as text and never as HTML', async () => {
    const topic = fresh('größe/1 ');
    await topics.publish(topic, 'before');
    await openPage(topic);
    expect(await state()).toBe('live');
    const hostile = '<img src=x onerror="document.body.dataset.state=\'owned\'">\r\nline two';
    await topics.publish(topic, hostile);
    await topics.publish(topic, Uint8Array.of(0, 255));
    await expectRows([message(1, 'before'), message(2, hostile), message(3, '(bytes, base64) AP8=')]);
    expect(await state()).toBe('live');
  });

  it(
    'survives a cut connection: every message once',
    async () => {
      const topic = fresh();
      await openPage(topic);
      await topics.publishAll(topic, texts(3));
      const expected = texts(6).map((text, index) => message(index + 1, text));
      await expectRows(expected.slice(0, 3));
      proxy.cutAndRefuse();
      await vi.waitFor(async () => expect(await state()).toBe('reconnecting'), patience);
      await topics.publishAll(topic, texts(5).slice(3));
      proxy.restore();
      await expectRows(expected.slice(0, 5), reconnected);
      await topics.publish(topic, 'text-6');
      await expectRows(expected);
    },
    testMs,
  );

  it(
    'says how many messages were missed when the log does not reach back',
    async () => {
      const cache = await topics.newCache({ topic_messages_max: 2 });
      const topic = fresh();
      await openPage(topic, { cache });
      await topics.publish(topic, 'text-1', { cache });
      await expectRows([message(1, 'text-1')]);
      proxy.cutAndRefuse();
      await topics.publishAll(topic, texts(8).slice(1), { cache });
      proxy.restore();
      const missed = { kind: 'missed', text: '5 messages missed' };
      await expectRows([message(1, 'text-1'), missed, message(7, 'text-7'), message(8, 'text-8')], reconnected);
    },
    testMs,
  );

  it('ends with the reason when its token expires, and does not come back', async () => {
    const topic = fresh();
    const details = [{ type: 'topic', cache: 'default', actions: ['subscribe'] }];
    const { token } = await topics.issue(details, { expires_in_seconds: 3, disposable: true });
    await openPage(topic, { token });
    await expectRows([{ kind: 'ended', text: 'The stream has ended: token_expired' }]);
    expect(await state()).toBe('ended');
  });

  it('says that it was refused', async () => {
    await openPage(fresh(), { token: 'none' });
    await vi.waitFor(async () => expect(await state()).toBe('refused'), patience);
  });

  it('loads nothing from anywhere else', async () => {
    await openPage(fresh());
    const loaded = await browser.evaluate<string[]>(`performance.getEntriesByType('resource').map(({ name }) => name)`);
    expect(loaded.filter((url) => !url.startsWith(proxy.url))).toEqual([]);
  });
});
