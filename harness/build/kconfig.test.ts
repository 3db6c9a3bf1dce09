import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  parseKconfig,
  parseSdkconfig,
  renderConfigHeader,
  renderConfigJson,
  resolveConfig,
} from './kconfig.ts';

const KCONFIG = `
menu "Example"

    choice SOURCE
        prompt "Where from"
        default SOURCE_STRING
        help
            config NOT_AN_OPTION is only talked of.

        config SOURCE_STRING
            bool "From string"

        config SOURCE_STDIN
            bool "From stdin"
    endchoice

    config ADDRESS
        string "Address"
        default "192.168.0.165" if SOURCE_STRING
        default "none"
        depends on SOURCE_STRING

    config PORT
        int "Port"
        range 1 65535
        default 3333

    config LOUD
        bool "Loud"
endmenu
`;

describe('parseKconfig', () => {
  test('reads names, types, defaults and choices', () => {
    expect(parseKconfig(KCONFIG)).toEqual([
      { name: 'SOURCE_STRING', type: 'bool', choice: 'SOURCE', default: true },
      { name: 'SOURCE_STDIN', type: 'bool', choice: 'SOURCE' },
      { name: 'ADDRESS', type: 'string', default: '192.168.0.165' },
      { name: 'PORT', type: 'int', default: 3333 },
      { name: 'LOUD', type: 'bool' },
    ]);
  });

  test('a choice that names no default has its first member on', () => {
    const choice = (a: string, b: string) => [
      'choice',
      `config ${a}`,
      'bool',
      `config ${b}`,
      'bool',
      'endchoice',
    ];
    const config = resolveConfig(parseKconfig([...choice('A', 'B'), ...choice('C', 'D')].join('\n')), []);
    expect(Object.fromEntries(config)).toEqual({ A: true, B: false, C: true, D: false });
  });

  test('reads the client: the defaults that its users know', () => {
    const path = new URL('../../firmware/main/Kconfig.projbuild', import.meta.url);
    const config = resolveConfig(parseKconfig(readFileSync(path, 'utf8')), []);
    expect(Object.fromEntries(config)).toMatchObject({
      EXAMPLE_SOCKET_IP_INPUT_STRING: true,
      EXAMPLE_SOCKET_IP_INPUT_STDIN: false,
      EXAMPLE_IPV4_ADDR: '192.168.0.165',
      EXAMPLE_PORT: 3333,
      EXAMPLE_PERIOD_MS: 100,
      EXAMPLE_WIFI_PS_NONE: false,
    });
  });
});

test('parseSdkconfig reads values and what is not set', () => {
  const text =
    'CONFIG_A=y\n# a comment\nCONFIG_B="x \\"y\\""\nCONFIG_C=0x10\n# CONFIG_D is not set\nCONFIG_E=n\n';
  expect([...parseSdkconfig(text)]).toEqual([
    ['A', true],
    ['B', 'x "y"'],
    ['C', 16],
    ['D', false],
    ['E', false],
  ]);
});

describe('resolveConfig', () => {
  const options = parseKconfig(KCONFIG);

  test('later layers win', () => {
    const config = resolveConfig(options, [new Map([['PORT', 1]]), new Map([['PORT', 2]])]);
    expect(config.get('PORT')).toBe(2);
  });

  test('one member of a choice is on', () => {
    const config = resolveConfig(options, [new Map([['SOURCE_STDIN', true]])]);
    expect(config.get('SOURCE_STDIN')).toBe(true);
    expect(config.get('SOURCE_STRING')).toBe(false);
  });
});

test('the header defines what is on, the JSON file tells everything', () => {
  const config = new Map<string, string | number | boolean>([
    ['ON', true],
    ['OFF', false],
    ['NUMBER', 7],
    ['TEXT', 'a "b"'],
  ]);
  expect(renderConfigHeader(config).split('\n').slice(2)).toEqual([
    '#define CONFIG_ON 1',
    '#define CONFIG_NUMBER 7',
    '#define CONFIG_TEXT "a \\"b\\""',
    '',
  ]);
  expect(JSON.parse(renderConfigJson(config))).toEqual({ ON: true, OFF: false, NUMBER: 7, TEXT: 'a "b"' });
});
