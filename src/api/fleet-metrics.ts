import type { Fetch } from '../shared/control-link/call.ts';
import { controlPaths } from '../shared/control-link/protocol.ts';
import type { FleetProcess, FleetState, FleetStateSource } from '../shared/fleet-state.ts';
import { fleetAuthorization } from '../shared/frame/transport.ts';
import { MetricsText } from '../shared/metrics-text.ts';
import { listenerLimits } from './limits.ts';
import { serviceLimits } from './routes/service/limits.ts';

export interface FleetMetricsOptions {
  readonly source: Pick<FleetStateSource, 'current'>;
  readonly fleetSecret: string;
  readonly fetch: Fetch;
  /** The process this runs in, so that it need not ask itself; `id` as `FleetState.processes` lists it. */
  readonly own?: { readonly id: string; readonly text: () => string };
}

/**
 * The metrics of every process of the fleet as one text: each sample gets a `process` label, each family comes
 * once, and `godwit_process_up` tells who did not answer. Callers at the same time share one gathering, so a
 * text may be as old as one takes.
 */
export class FleetMetrics {
  readonly #options: FleetMetricsOptions;
  #underWay: Promise<string> | undefined;

  constructor(options: FleetMetricsOptions) {
    this.#options = options;
  }

  /** In Prometheus' text format, within `fleetMetricsDeadlineMs`. Never rejects because of a process that fails. */
  text(): Promise<string> {
    this.#underWay ??= this.#gather().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #gather(): Promise<string> {
    const processes = this.#processes();
    const texts = new Array<string | undefined>(processes.length);
    const deadline = AbortSignal.timeout(serviceLimits.fleetMetricsDeadlineMs);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < processes.length; index = next++) {
        texts[index] = await this.#textOf(processes[index]!, deadline).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: serviceLimits.fleetMetricsConcurrencyMax }, worker));
    const families = new MetricFamilies();
    const up = new MetricsText().family('godwit_process_up', 'gauge', 'Whether the process answered with its metrics.');
    processes.forEach(({ id, role }, index) => {
      const text = texts[index];
      up.sample({ process: id, role }, text === undefined ? 0 : 1);
      if (text !== undefined) families.add(id, text);
    });
    return `${up}${families}`;
  }

  #processes(): FleetProcess[] {
    const listed = processesOf(this.#options.source.current());
    const { own } = this.#options;
    if (own === undefined || listed.some(({ id }) => id === own.id)) return listed;
    return [...listed, { id: own.id, role: 'gateway', url: '' }];
  }

  async #textOf({ id, url }: FleetProcess, deadline: AbortSignal): Promise<string> {
    const { own, fetch, fleetSecret } = this.#options;
    if (id === own?.id) return own.text();
    const response = await fetch(new URL(controlPaths.metrics, url).href, {
      headers: { [fleetAuthorization]: `Bearer ${fleetSecret}` },
      redirect: 'manual',
      signal: AbortSignal.any([deadline, AbortSignal.timeout(listenerLimits.processMetricsTimeoutMs)]),
    });
    if (!response.ok || response.body === null) throw new Error('no metrics');
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > serviceLimits.processMetricsLengthMax) throw new RangeError('the metrics are too long');
    }
    return text + decoder.decode();
  }
}

/** Storage nodes by the view, then every other process that listens; one that is both is asked once. */
function processesOf({ view, processes }: FleetState): FleetProcess[] {
  const nodes = view.nodes.filter((node) => node.state !== 'dead');
  const urls = new Set(nodes.map((node) => node.url));
  return [
    ...nodes.map(({ id, url }): FleetProcess => ({ id, role: 'storage', url })),
    ...processes.list.filter((process) => !urls.has(process.url)),
  ];
}

const headPattern = /^# (HELP|TYPE) ([A-Za-z_:][A-Za-z0-9_:]*) /;
const samplePattern = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? (\S+)$/;

/** Families of several texts: HELP and TYPE as the first text has them, samples of all together. */
class MetricFamilies {
  readonly #families = new Map<string, { help: string; type: string; samples: string[] }>();

  /** Adds one process's text; lines that are no metrics are left out. */
  add(process: string, text: string): void {
    const label = `process="${process.replace(/[\\"\n]/g, '_')}"`;
    let name = '';
    for (const line of text.split('\n')) {
      const head = headPattern.exec(line);
      if (head !== null) {
        name = head[2]!;
        const family = this.#family(name);
        if (head[1] === 'HELP') family.help ||= line;
        else family.type ||= line;
        continue;
      }
      const sample = samplePattern.exec(line);
      // Samples of a histogram have longer names than their family.
      if (sample === null || name === '' || !sample[1]!.startsWith(name)) continue;
      const labels = sample[2] ? `${label},${sample[2]}` : label;
      this.#family(name).samples.push(`${sample[1]}{${labels}} ${sample[3]}`);
    }
  }

  toString(): string {
    let text = '';
    for (const { help, type, samples } of this.#families.values()) {
      for (const line of [help, type, ...samples]) if (line !== '') text += `${line}\n`;
    }
    return text;
  }

  #family(name: string): { help: string; type: string; samples: string[] } {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { help: '', type: '', samples: [] };
      this.#families.set(name, family);
    }
    return family;
  }
}
