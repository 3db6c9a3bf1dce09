import { expect, test } from 'vitest';
import { explainBindError } from './bind-error.ts';

// What real sockets can be brought to say as any user, on any host, stands in ack-server.test.ts.
test.each([
  [
    'EACCES',
    'PORT_PERMISSION: This user may not listen on UDP port 127.0.0.1:80; ports below 1024 are reserved',
  ],
  ['ENOBUFS', "BIND_FAILED: Can't listen on UDP port 127.0.0.1:80: bind ENOBUFS 127.0.0.1:80."],
])('%s', (code, message) => {
  const cause = Object.assign(new Error(`bind ${code} 127.0.0.1:80`), { code });
  const error = explainBindError(cause, { address: '127.0.0.1', port: 80 });
  expect(error.message).toContain(message);
  expect(error.cause).toBe(cause);
});
