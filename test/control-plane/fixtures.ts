import { ControlPlane, type ControlPlaneOptions } from '../../src/control-plane/control-plane.ts';
import type { CoordinationStore } from '../../src/control-plane/store/coordination-store.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import type { NodeRegistration } from '../../src/control-plane/view-changes.ts';
import { ManualClock } from '../../src/shared/clock.ts';
import type { Heartbeat } from '../../src/shared/control-link/protocol.ts';
import { silentLog } from '../../src/shared/process.ts';
import type { AccessClaims, RefreshClaims } from '../../src/tokens/claims.ts';

/** One copy of each slot, unless `options` say otherwise. */
export async function openControl(
  options: Partial<ControlPlaneOptions> = {},
): Promise<{ control: ControlPlane; clock: ManualClock }> {
  const clock = (options.clock as ManualClock | undefined) ?? new ManualClock();
  const store = options.store ?? openSqliteStore(':memory:');
  return {
    control: await ControlPlane.open({ log: silentLog, replicationFactor: 1, ...options, store, clock }),
    clock,
  };
}

/** A store with some of its methods replaced. */
export function overriding(store: CoordinationStore, own: Partial<CoordinationStore>): CoordinationStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

export const node = (id: string, incarnation = `${id}-life-1`): NodeRegistration => ({
  id,
  incarnation,
  zone: id[0]!,
  url: `http://127.0.0.1:7000/${id}`,
  weight: 1,
});

/** Claims as a gateway prepares them; `exp` is an hour from the clock's time. */
export function claims(clock: { wallMs(): number }, more: Partial<AccessClaims> = {}): AccessClaims {
  const iat = Math.floor(clock.wallMs() / 1_000);
  return {
    iss: 'godwit',
    aud: 'godwit',
    sub: 'tester',
    client_id: 'tester',
    account: 'default',
    jti: crypto.randomUUID(),
    iat,
    exp: iat + 3_600,
    authorization_details: [{ type: 'cache', cache: '*', actions: ['read'] }],
    ...more,
  };
}

export function refreshOf(access: AccessClaims): RefreshClaims {
  const { disposable: _disposable, exp, ...shared } = access;
  return { ...shared, exp: exp!, duration_seconds: exp! - access.iat };
}

/** What a life says of itself; it has applied every view, serves everything and has nothing to do. */
export function heartbeatOf(life: string, more: Partial<Heartbeat> = {}): Heartbeat {
  const [id, incarnation] = life.split('/') as [string, string];
  return {
    ...{ id, incarnation, view: Number.MAX_SAFE_INTEGER, not_serving: 0, not_serving_slots: [] },
    ...{ memory_bytes: 1_000, memory_bytes_used: 100, operations_per_second: 0 },
    ...{ peers: [], copies_lagging: 0, log_bytes: 0, leaving: false },
    ...more,
  };
}
