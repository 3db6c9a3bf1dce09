import { expect, it } from 'vitest';
import { findAddressTowards } from './find-route.ts';

it('names the address that a peer finds us at', async () => {
  expect(await findAddressTowards('127.0.0.9')).toBe('127.0.0.1');
});

it('says when there is no way', async () => {
  await expect(findAddressTowards('255.255.255.255')).rejects.toThrow(/EACCES|ENETUNREACH/);
});
