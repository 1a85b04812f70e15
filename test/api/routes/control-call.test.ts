import { describe, expect, it } from 'vitest';
import { fromControl, replayedHeader } from '../../../src/api/routes/control-call.ts';
import { type ErrorCode, GodwitError } from '../../../src/shared/errors.ts';

const refused = (code: ErrorCode) => fromControl(Promise.reject(new GodwitError(code, 'why', { extra: { limit: 3 } })));

describe('refusals of the control plane', () => {
  it.each(['control_plane_unavailable', 'overloaded', 'limit_reached'] as const)(
    '%s says when to come back',
    async (code) => {
      await expect(refused(code)).rejects.toMatchObject({ code, message: 'why', headers: { 'retry-after': '1' } });
    },
  );

  it.each(['cache_not_found', 'cache_settings_differ', 'idempotency_key_reused', 'invalid_token'] as const)(
    '%s is passed on as it is',
    async (code) => {
      await expect(refused(code)).rejects.toMatchObject({ code, headers: {}, extra: { limit: 3 } });
    },
  );

  it('an unknown outcome says so', async () => {
    await expect(refused('outcome_unknown')).rejects.toMatchObject({ extra: { outcome: 'unknown' } });
  });

  it.each(['authentication_required', 'malformed_body', 'path_not_found'] as const)(
    '%s between gateway and control plane is no fault of the client',
    async (code) => {
      await expect(refused(code)).rejects.toMatchObject({ code: 'internal_error', cause: { code } });
    },
  );
});

it('a replayed answer says so', () => {
  expect(replayedHeader({ replayed: true })).toEqual(['idempotent-replayed', 'true']);
  expect(replayedHeader({ replayed: false })).toEqual([]);
});
