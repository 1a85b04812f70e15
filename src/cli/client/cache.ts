import type { CacheSettings } from '../../shared/fleet-state.ts';
import { limits } from '../../shared/limits.ts';
import { failure } from '../cli-error.ts';
import { formatBytes } from '../option-values.ts';
import type { OptionsOf } from '../options.ts';
import { ApiClient } from './http.ts';
import { cell, type Output, printJson, tableText } from './print.ts';
import { listAll } from './token.ts';

type Words = readonly string[];
type SettingOptions = Pick<
  OptionsOf<'cache create'>,
  | 'defaultTtl'
  | 'eviction'
  | 'valueSizeMax'
  | 'cacheControl'
  | 'memoryShare'
  | 'topicMessagesMax'
  | 'topicRetention'
  | 'topicLogMax'
  | 'topicMessageMax'
  | 'minInSync'
>;

function settingsOf(options: SettingOptions): Partial<CacheSettings> {
  return {
    ...(options.defaultTtl === undefined ? {} : { default_ttl_ms: options.defaultTtl }),
    ...(options.eviction === undefined ? {} : { eviction: options.eviction }),
    ...(options.valueSizeMax === undefined ? {} : { value_size_bytes_max: options.valueSizeMax }),
    ...(options.cacheControl === undefined ? {} : { cache_control: options.cacheControl }),
    ...(options.memoryShare === undefined ? {} : { memory_share: options.memoryShare }),
    ...(options.topicMessagesMax === undefined ? {} : { topic_messages_max: options.topicMessagesMax }),
    ...(options.topicRetention === undefined ? {} : { topic_retention_ms: options.topicRetention }),
    ...(options.topicLogMax === undefined ? {} : { topic_log_bytes_max: options.topicLogMax }),
    ...(options.topicMessageMax === undefined ? {} : { topic_message_bytes_max: options.topicMessageMax }),
    ...(options.minInSync === undefined ? {} : { min_in_sync: options.minInSync }),
  };
}

const pathOf = (cache: string) => `/caches/${encodeURIComponent(cache)}`;
const itemPathOf = (cache: string, key: string) => `/cache/${encodeURIComponent(cache)}?key=${encodeURIComponent(key)}`;

/** `godwit cache create` */
export async function createCache(options: OptionsOf<'cache create'>, words: Words, output: Output): Promise<void> {
  const { status, bytes } = await new ApiClient(options).call({
    method: 'PUT',
    path: pathOf(words[0]!),
    json: settingsOf(options),
  });
  if (options.json) return output.stdout(bytes);
  output.stdout(status === 201 ? 'created\n' : 'exists already\n');
}

/** `godwit cache update` */
export async function updateCache(options: OptionsOf<'cache update'>, words: Words, output: Output): Promise<void> {
  const { bytes } = await new ApiClient(options).call({
    method: 'PATCH',
    path: pathOf(words[0]!),
    json: settingsOf(options),
  });
  if (options.json) return output.stdout(bytes);
  output.stdout('updated\n');
}

/** `godwit cache list` */
export async function listCaches(options: OptionsOf<'cache list'>, output: Output): Promise<void> {
  const caches = await listAll(new ApiClient(options), '/caches', 'caches');
  if (options.json) return printJson(output, { caches });
  const rows = caches.map((cache) => {
    const settings = (cache.settings ?? {}) as Partial<CacheSettings>;
    // null while the storage nodes cannot tell
    const counts = (cache.statistics ?? {}) as Readonly<Record<string, unknown>>;
    return [
      cell(cache.name),
      cell(counts.items),
      typeof counts.bytes === 'number' ? formatBytes(counts.bytes) : '-',
      cell(counts.hits),
      cell(counts.misses),
      cell(counts.evictions),
      settings.default_ttl_ms === undefined ? '-' : `${settings.default_ttl_ms / 1_000} s`,
      cell(settings.eviction),
      cell(settings.memory_share),
    ];
  });
  const counted = ['ITEMS', 'BYTES', 'HITS', 'MISSES', 'EVICTIONS'];
  output.stdout(tableText(['CACHE', ...counted, 'DEFAULT TTL', 'EVICTION', 'MEMORY SHARE'], rows));
}

/** `godwit cache flush` */
export async function flushCache(options: OptionsOf<'cache flush'>, words: Words, output: Output): Promise<void> {
  const { bytes } = await new ApiClient(options).call({ method: 'POST', path: `${pathOf(words[0]!)}/flush` });
  done(options, output, bytes, 'flushed');
}

/** `godwit cache delete` */
export async function deleteCache(options: OptionsOf<'cache delete'>, words: Words, output: Output): Promise<void> {
  const { bytes } = await new ApiClient(options).call({ method: 'DELETE', path: pathOf(words[0]!) });
  done(options, output, bytes, 'deleted');
}

/** `godwit cache get`: the bytes and nothing else. */
export async function getItem(options: OptionsOf<'cache get'>, words: Words, output: Output): Promise<void> {
  const { bytes } = await new ApiClient(options).call({ method: 'GET', path: itemPathOf(words[0]!, words[1]!) });
  if (options.json) return printJson(output, { base64: Buffer.from(bytes).toString('base64') });
  output.stdout(bytes);
}

/** `godwit cache set`: the value is a word, or what `stdin` holds. */
export async function setItem(
  options: OptionsOf<'cache set'>,
  words: Words,
  output: Output,
  stdin: AsyncIterable<Uint8Array>,
): Promise<void> {
  const client = new ApiClient(options);
  const value = words[2] === undefined ? await readAll(stdin) : new TextEncoder().encode(words[2]);
  const ttl = options.ttl === undefined ? '' : `&ttl_ms=${options.ttl}`;
  const { bytes } = await client.call({
    method: 'PUT',
    path: `${itemPathOf(words[0]!, words[1]!)}${ttl}`,
    bytes: value,
  });
  done(options, output, bytes, 'stored');
}

/** `godwit cache remove` */
export async function removeItem(options: OptionsOf<'cache remove'>, words: Words, output: Output): Promise<void> {
  const { bytes } = await new ApiClient(options).call({ method: 'DELETE', path: itemPathOf(words[0]!, words[1]!) });
  done(options, output, bytes, 'removed');
}

/** Scripts get the server's answer, or an object that says what was done where the answer is empty. */
function done(options: { json: boolean }, output: Output, answer: Uint8Array, word: string): void {
  if (!options.json) output.stdout(`${word}\n`);
  else if (answer.length > 0) output.stdout(answer);
  else printJson(output, { [word]: true });
}

/** No item can be larger, so that reading stops there. */
async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.itemSizeBytesMax)
      throw failure(`the value on stdin is larger than ${formatBytes(limits.itemSizeBytesMax)}`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
