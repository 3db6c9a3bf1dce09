import { describe, expect, test } from 'vitest';
import { blamedCall, describeCall, parseAddr2line, parseGdbBacktrace, type Call } from './call-stack.ts';

/** By GNU addr2line 2.40, of a host build. */
const gnu = `0x00000000400d3f99
__wrap_select
/home/me/bench/./host/sockets.c:157
0x00000000400d28c7
wait_readable
/home/me/bench/./main/udp_client.c:158
receive_until
/home/me/bench/./main/udp_client.c:170 (discriminator 1)
0x0000000040009999
??
??:0
0x00000000400d421b
run_task
??:?
`;

test("reads gdb's frames, with and without an address of their own", () => {
  const backtrace = `send_payload (client=...) at /src/main/udp_client.c:109
109\t        *(volatile int *)NULL = 0;
#0  send_payload (client=...) at /src/main/udp_client.c:109
#1  0x4200bd6a in udp_client_task (arg=..., more=...) at /src/main/udp_client.c:265
#2  0x40000a2c in ?? ()
#3  0x42037c2e in vPortTaskWrapper (pxCode=...) at /IDF/./components/freertos/port.c:261
Backtrace stopped: previous frame identical to this frame (corrupt stack?)
`;
  expect(parseGdbBacktrace(backtrace, 0x4200bd28)).toEqual([
    { address: '0x4200bd28', functionName: 'send_payload', file: '/src/main/udp_client.c', line: 109 },
    { address: '0x4200bd6a', functionName: 'udp_client_task', file: '/src/main/udp_client.c', line: 265 },
    { address: '0x40000a2c' },
    {
      address: '0x42037c2e',
      functionName: 'vPortTaskWrapper',
      file: 'components/freertos/port.c',
      line: 261,
    },
  ]);
});

describe('parseAddr2line', () => {
  test('reads functions that are put into one another, and what is not known', () => {
    expect(parseAddr2line(gnu)).toEqual([
      { address: '0x400d3f99', functionName: '__wrap_select', file: 'host/sockets.c', line: 157 },
      { address: '0x400d28c7', functionName: 'wait_readable', file: 'main/udp_client.c', line: 158 },
      { address: '0x400d28c7', functionName: 'receive_until', file: 'main/udp_client.c', line: 170 },
      { address: '0x40009999' },
      { address: '0x400d421b', functionName: 'run_task' },
    ]);
  });

  test('reads nothing from nothing', () => {
    expect(parseAddr2line('')).toEqual([]);
  });
});

describe('blamedCall', () => {
  const call = (functionName: string, file: string): Call => ({
    address: '0x1',
    functionName,
    file,
    line: 1,
  });
  const select = call('lwip_select', '/opt/esp/components/lwip/lwip/src/api/sockets.c');
  const own = call('wait_readable', '/home/me/project/main/udp_client.c');
  const managed = call('button_poll', '/home/me/project/managed_components/button/button.c');

  test('is the innermost of the project itself', () => {
    expect(blamedCall([select, own], '/home/me/project')).toBe(own);
    expect(blamedCall([managed, own], '/home/me/project')).toBe(own);
    expect(blamedCall(parseAddr2line(gnu))?.functionName).toBe('wait_readable');
  });

  test('is the innermost without one, but no way out', () => {
    const ways = ['panic_abort', 'esp_system_abort', 'abort'].map((name) => call(name, '/opt/esp/x.c'));
    expect(blamedCall([...ways, select], '/home/me/project')).toBe(select);
    expect(blamedCall([{ address: '0x40009999' }])).toBeUndefined();
  });
});

test.each([
  [{ address: '0x1', functionName: 'f', file: 'main/f.c', line: 3 }, 'f (main/f.c:3)'],
  [{ address: '0x1', functionName: 'f', file: 'main/f.c' }, 'f (main/f.c)'],
  [{ address: '0x1', functionName: 'f' }, 'f'],
  [{ address: '0x1' }, '0x1'],
])('%j is described', (call, words) => {
  expect(describeCall(call)).toBe(words);
});
