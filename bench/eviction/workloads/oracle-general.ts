/**
 * The oracleGeneral format of libCacheSim: records of 24 bytes, little endian, without a header.
 *
 * ```
 *  0      4            12     16           24
 *  ┌──────┬────────────┬──────┬────────────┐
 *  │ time │ object id  │ size │ next use   │   time in s, size in bytes; next use (a request's number, or
 *  │ u32  │ u64        │ u32  │ i64        │   -1) is for policies that know the future, and not read here
 *  └──────┴────────────┴──────┴────────────┘
 * ```
 */
export const oracleRecordBytes = 24;

const idAt = 4;
const sizeAt = 12;

export interface OracleRequest {
  readonly atSeconds: number;
  readonly id: bigint;
  readonly sizeBytes: number;
}

/** The requests of chunks that are cut anywhere. Throws when the last record is cut. */
export async function* oracleRequests(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<OracleRequest> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    for (; at + oracleRecordBytes <= bytes.length; at += oracleRecordBytes) {
      yield {
        atSeconds: view.getUint32(at, true),
        id: view.getBigUint64(at + idAt, true),
        sizeBytes: view.getUint32(at + sizeAt, true),
      };
    }
    rest = bytes.slice(at);
  }
  if (rest.length > 0) throw new Error(`an oracleGeneral trace ends within a record, after ${rest.length} bytes of it`);
}
