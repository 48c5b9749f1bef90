import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { implementService } from '#common/contract/service.ts';

const calls = {
  double: { input: z.object({ value: z.number().int().max(100), times: z.number().default(2) }), output: z.number() },
} as const;
const service = implementService('maths', calls, { double: async ({ value, times }) => value * times });

describe('a service', () => {
  it('fills in defaults and answers', async () => {
    await expect(service.double({ value: 4 })).resolves.toBe(8);
  });

  it('refuses wrong input at the callee with a typed sentence naming call and field', async () => {
    await expect(service.double({ value: 1.5 })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(/^maths\.double: value: /),
    });
  });
});
