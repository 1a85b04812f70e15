/** Buckets of one octave: values are kept to within 1/32 of themselves. */
const perOctave = 32;
const perOctaveBits = 5;
/** 2^31 µs are 36 minutes. */
const valueMax = 2 ** 31 - 1;
const bucketCount = perOctave * (31 - perOctaveBits + 1);

/** What a report says of latencies, in ms. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Latencies counted in logarithmic buckets, as HdrHistogram does: constant memory, a few instructions for each
 * value, and percentiles that are high by at most 1/32.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #maxMicros = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts one latency, in ms. */
  record(ms: number): void {
    const micros = ms <= 0 ? 0 : ms * 1_000 >= valueMax ? valueMax : Math.trunc(ms * 1_000);
    const index = indexOf(micros);
    this.#counts[index] = this.#counts[index]! + 1;
    this.#count++;
    if (micros > this.#maxMicros) this.#maxMicros = micros;
  }

  /** The latency, in ms, that a share of the values (0 to 1) does not exceed; 0 when there are none. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(this.#count * share));
    let seen = 0;
    for (let i = 0; i < bucketCount; i++) {
      seen += this.#counts[i]!;
      if (seen >= rank) return Math.min(upperMicros(i), this.#maxMicros) / 1_000;
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#maxMicros / 1_000,
    };
  }
}

/** Values below `perOctave` have a bucket each; from there on an octave has `perOctave` buckets. */
function indexOf(micros: number): number {
  if (micros < perOctave) return micros;
  const octave = 31 - Math.clz32(micros) - perOctaveBits;
  return octave * perOctave + (micros >>> octave);
}

/** The largest value of a bucket, in µs. */
function upperMicros(index: number): number {
  if (index < 2 * perOctave) return index;
  const octave = Math.floor(index / perOctave) - 1;
  return (index - octave * perOctave + 1) * 2 ** octave - 1;
}
