/** Writes Prometheus' text format (version 0.0.4): families with samples, labels escaped. */
export class MetricsText {
  /** Caches that get labels of their own; further ones are left out, so that a scrape stays bounded. */
  static readonly labelledCachesMax = 1_000;

  readonly #lines: string[] = [];
  #name = '';

  /** Begins a family; samples follow. */
  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): this {
    this.#name = name;
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    return this;
  }

  /** Adds a sample to the begun family, under the name with an optional suffix such as `_bucket`. */
  sample(labels: Readonly<Record<string, string>>, value: number, suffix = ''): this {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    this.#lines.push(`${this.#name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`);
    return this;
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
