import { readFileSync, writeFileSync } from 'node:fs';
import { soakLimits } from './limits.ts';

export interface ResidentMemory {
  /** Resident now, in bytes. */
  readonly bytes: number;
  /** The most there ever was since the last `resetPeak`, in bytes: nothing between two looks goes unseen. */
  readonly peakBytes: number;
}

/** Resident memory of a process; undefined where there is no `/proc`, or when the process has gone. */
export function residentMemory(pid: number): ResidentMemory | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  return { bytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** Lets the peak begin again at what is resident now (proc(5), clear_refs). */
function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // a kernel that does not allow it tells the peak of the whole life
  }
}

/** Looks at the resident memory of a process every second. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #samples: number[] = [];
  #peakBytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    resetPeak(pid);
    this.#timer = setInterval(() => this.#look(), soakLimits.sampleMs);
  }

  /** The looks since the last call; begins anew. */
  take(): { samples: number; meanBytes: number; peakBytes: number } {
    this.#look();
    const samples = this.#samples;
    const taken = {
      samples: samples.length,
      meanBytes: samples.reduce((sum, bytes) => sum + bytes, 0) / samples.length,
      peakBytes: this.#peakBytes,
    };
    this.#samples = [];
    this.#peakBytes = 0;
    resetPeak(this.#pid);
    return taken;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const memory = residentMemory(this.#pid);
    if (memory === undefined) return;
    this.#samples.push(memory.bytes);
    this.#peakBytes = Math.max(this.#peakBytes, memory.peakBytes);
  }
}
