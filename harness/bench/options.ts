import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { sendsToCatch, smallestShare } from '../analysis/exposure.ts';
import { UsageError } from '../errors.ts';
import { askingConfig } from '../build/asking-config.ts';
import type { ConfigValue } from '../build/kconfig.ts';
import { soakSpec } from '../fixtures/spec-files.ts';
import { flasherChoices, type FlasherChoice } from '../flash/flasher-choice.ts';
import type { FirmwareProfile } from '../record/profile.ts';
import { tiers, type Tier } from '../record/tier.ts';
import type { BoardEntry } from '../boards/board-entry.ts';
import { allBoards, benchFileName, readBenchFile } from './bench-file.ts';
import { chooseBoard } from './choose-board.ts';
import { loadProfile, ownProfile, type LoadedProfile } from './profile.ts';
import { chooseRelease, releaseSoakMs, type ReleaseWish } from './release-wish.ts';

/** What a run was asked to do, complete and checked. */
export interface RunOptions {
  /** Absent: the harness chooses and says why. */
  readonly tier?: Tier;
  /** Path or URL of a serial port. */
  readonly port?: string;
  /** Name of a board in the bench file. */
  readonly boardName?: string;
  /** Several boards of the bench file, each to be judged by a run of its own. */
  readonly several?: SeveralBoards;
  /** A bench file named by the user; absent: the one in the root of the repository, if there is one. */
  readonly configFile?: string;
  /** What brings the image into a board's flash. */
  readonly flasher: FlasherChoice;
  readonly serverHost: string;
  readonly serverPort: number;
  /** Address that the board is told to send to; absent: the one that it finds the server at. */
  readonly serverAddress?: string;
  /** Longest time from a reset to the first datagram. */
  readonly bootTimeoutMs: number;
  /** How long the undisturbed observation lasts, unless a promise is seen to be broken before. */
  readonly durationMs: number;
  /** How long the soak lasts that follows the other claims; absent: there is none. */
  readonly soakMs?: number;
  /** How sure a decision about the firmware has to be, 0 to 1. */
  readonly confidence: number;
  /** Name of the only spec to judge; absent: all. */
  readonly spec?: string;
  /** Chip that the firmware is built for; absent: what the tier is used to. */
  readonly target?: string;
  /** An ESP-IDF to build with; absent: found. */
  readonly idfDir?: string;
  /** What is known of the firmware under test, and which specs judge it. */
  readonly profile: FirmwareProfile;
  /** Folder of the firmware under test. */
  readonly firmwareDir: string;
  /** What the firmware's configuration needs besides the server's address. */
  readonly firmwareConfig: Readonly<Record<string, ConfigValue>>;
  /** The firmware is built to ask for network and server on its console, and is answered. */
  readonly provision: boolean;
  /** A build made elsewhere, judged as it is; absent: build it here. */
  readonly buildDir?: string;
  /** Folder of a recorded run to judge again; absent: make a run. */
  readonly replayDir?: string;
  /** The run is a release's gate; absent: an ordinary run. */
  readonly gate?: ReleaseWish;
  /** Evidence folder of a release to look at; absent: make a run. */
  readonly verifyDir?: string;
  /** Where build directories lie; absent: in the firmware's folder, or apart from one that is not ours. */
  readonly buildsDir?: string;
  /** What to compare the run with: a run's folder or id, a baseline file, or a folder of them. */
  readonly compare?: string;
  /** Baseline file that the run is put into when it has passed. */
  readonly baselineFile?: string;
  /** File that gets the verdict, or the list, as JSON; `-`, of the list only: standard output. */
  readonly jsonFile?: string;
  /** File that gets the verdict as JUnit XML. */
  readonly junitFile?: string;
  /** File that gets the HTML report; absent: `report.html` in the run's folder, none for a recorded run. */
  readonly reportFile?: string;
  /** Told, or run by GitHub Actions: annotations and a step summary. */
  readonly github?: boolean;
  /** Record the run's UDP traffic by dumpcap or tcpdump, where this user may. */
  readonly capture?: boolean;
  /** Show the board's console while the run goes on. */
  readonly serial?: boolean;
  /** List ports and boards instead of making a run. */
  readonly list: boolean;
  readonly help: boolean;
}

export interface SeveralBoards {
  readonly boards: readonly BoardEntry[];
  /** How many at once; absent: all. */
  readonly jobs?: number;
  /** As the command line has it, which outranks the bench file. */
  readonly server: { readonly address?: string; readonly port?: number };
}

export const defaults = {
  /** The board's network is not ours to choose on real hardware; everything else stays on this machine. */
  serverHost: {
    virtual: '127.0.0.1',
    linux: '127.0.0.1',
    emulator: '127.0.0.1',
    board: '0.0.0.0',
  } satisfies Record<Tier, string>,
  /** The seed's port. */
  serverPort: 3333,
  confidence: 0.999,
  /** DHCP and a slow access point take seconds; ESP-IDF's own tests allow 30 s. */
  bootTimeoutMs: 30_000,
  firmwareDir: 'firmware',
} as const;

/** Long enough to miss a fault that meets one send in 14 no more often than `confidence` allows; in whole seconds. */
function leastDurationMs(confidence: number): number {
  const sends = sendsToCatch({ share: smallestShare, confidence });
  return Math.ceil((sends * ownProfile.periodMs) / 1000) * 1000;
}

const aPort = 'a port from 1 to 65535';
const aConfidence = 'a probability from 0.9 to 0.999999';
const aDuration = v.pipe(
  v.string(),
  v.transform(parseDurationMs),
  v.check((durationMs) => durationMs > 0, 'a time such as 10, 10s, 2m or 1h'),
);
/** A trend needs 10 slices, and a slice 30 sends. */
const leastSoakMs = 60_000;
const anAddress = v.pipe(v.string(), v.ipv4('an IPv4 address'));
const text = (expected: string) => v.pipe(v.string(), v.minLength(1, expected));

const shape = v.object({
  board: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^(?:[a-z0-9][\w.-]*|label:.+)$/i,
        `one of ${tiers.join(', ')}, the name of a board in the bench file, ${allBoards} or label:LABEL`,
      ),
    ),
  ),
  jobs: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d?$/, 'a number from 1 to 99'), v.transform(Number))),
  port: v.optional(text('a path or URL')),
  config: v.optional(text('a file')),
  flasher: v.optional(v.picklist(flasherChoices, `one of ${flasherChoices.join(', ')}`)),
  list: v.optional(v.boolean()),
  'server-host': v.optional(anAddress),
  'server-address': v.optional(anAddress),
  'server-port': v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d+$/, aPort),
      v.transform(Number),
      v.minValue(1, aPort),
      v.maxValue(65_535, aPort),
    ),
  ),
  'boot-timeout': v.optional(aDuration),
  duration: v.optional(aDuration),
  soak: v.optional(
    v.pipe(
      v.string(),
      v.transform(parseDurationMs),
      v.check(
        (soakMs) => soakMs >= leastSoakMs,
        `a time of at least ${leastSoakMs / 1000}s, such as 90s, 30m or 8h`,
      ),
    ),
  ),
  confidence: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^0?\.\d+$/, aConfidence),
      v.transform(Number),
      v.minValue(0.9, aConfidence),
      v.maxValue(0.999_999, aConfidence),
    ),
  ),
  spec: v.optional(v.pipe(v.string(), v.regex(/^[\w-]+$/, 'the name of a file in specs/, such as cadence'))),
  target: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9]+$/, 'a chip such as esp32 or esp32c3'))),
  idf: v.optional(text('a folder')),
  firmware: v.optional(text('a folder')),
  profile: v.optional(v.pipe(v.string(), v.regex(/^[\w-]+$/, 'the name of a folder in specs/'))),
  provision: v.optional(v.boolean()),
  numbered: v.optional(v.boolean()),
  'build-dir': v.optional(text('a folder')),
  replay: v.optional(text('the folder of a run')),
  release: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z0-9][\w.+-]*$/i, 'the name of a release, such as v1.4.0')),
  ),
  rehearse: v.optional(v.boolean()),
  verify: v.optional(text('an evidence folder')),
  compare: v.optional(text('a run, a baseline file or a folder of them')),
  'write-baseline': v.optional(text('a file')),
  json: v.optional(text('a file')),
  junit: v.optional(text('a file')),
  report: v.optional(text('a file')),
  github: v.optional(v.boolean()),
  capture: v.optional(v.boolean()),
  serial: v.optional(v.boolean()),
  help: v.optional(v.boolean()),
});

export const usage = `Usage: npm run hil -- [options]

Builds the firmware, flashes it, boots it, serves it over UDP, listens to its console and judges it by the specs.

  --board BOARD       virtual (default), linux (ESP-IDF's linux target), emulator (QEMU), board (the real ESP32 on --port, or the
                      only one that is plugged in), or the name of a board in the bench file;
                      all, or label:LABEL: those boards of the bench file, each by a run of its own, at once
  --jobs N            of several boards, so many at once (default: all)
  --port PORT         serial port of a real board: a path, rfc2217://HOST:PORT or socket://HOST:PORT
  --list              show the serial ports of this host, which look like ESP32 boards, and who holds them; --json [FILE] for programs
  --config FILE       bench file that names boards (default ${benchFileName} in the root of the repository)
  --flasher TOOL      ${flasherChoices.join(', ')} (default auto: see docs/flashing.md)
  --server-host ADDR  IPv4 address that the ack server listens on
                      (default ${defaults.serverHost.board} for a real board, ${defaults.serverHost.virtual} otherwise)
  --server-port PORT  its UDP port (default ${defaults.serverPort}); the firmware is built to send there
  --server-address ADDR  address that the board is told to send to, where it reaches the server at another than its own
                      (default: that of the interface which leads to the board)
  --numbered          build a firmware that numbers its datagrams, and number the answers: each is matched exactly
  --provision         build a firmware that asks for Wi-Fi and server on its console, and answer: one image for every bench
                      (HIL_WIFI_SSID and HIL_WIFI_PASSWORD, or hil.secrets.json; a build that asks is answered anyway)
  --boot-timeout TIME longest time from a reset to the first datagram (default ${defaults.bootTimeoutMs / 1000}s)
  --duration TIME     how long the undisturbed observation lasts at most (500ms, 10s, 2m, 1h; default: as --confidence
                      needs, ${leastDurationMs(defaults.confidence) / 1000}s); it ends sooner when a promise is broken for certain
  --soak TIME         after that, leave the board alone for so long (90s, 30m, 8h) and judge what only shows then:
                      trends of period, round trips and heap (docs/soak.md; default: none, 1h for a release, 60s to rehearse)
  --confidence P      how sure a verdict has to be (default ${defaults.confidence})
  --spec NAME         judge one spec only, e.g. cadence
  --target CHIP       chip that idf.py builds for: esp32 (default of a real board), esp32c3 (default of QEMU) …
  --idf DIR           the ESP-IDF to build with (default: the exported one, else the newest that is found)
  --firmware DIR      judge another firmware tree (default ${defaults.firmwareDir})
  --profile NAME      judge a firmware that is not ours, by its own claims: specs/NAME/, e.g. udp-client-example
  --build-dir DIR     judge a build made elsewhere, without building: a build directory, or a zip file with one in it
  --replay RUN        judge a recorded run again (e.g. runs/latest), without a board
  --release NAME      judge a release, e.g. v1.4.0: a real board, a clean git tree, all claims; leaves an evidence folder in
                      releases/NAME/ (docs/shipping-a-release.md)
  --rehearse          beside --release: practise it on any board; marked so, and evidence for nothing
  --verify FOLDER     look whether an evidence folder is what was sealed, and still comes to its verdict
  --compare RUN|FILE  compare the run with an earlier one (its folder or id), or with a baseline file or a folder of them: a
                      regression fails it (docs/comparing-runs.md)
  --write-baseline FILE  put the run, when it has passed, into a baseline file: to others of the same image, or in their place
  --serial            show the board's console while the run goes on
  --capture           record the run's UDP traffic, too, by dumpcap or tcpdump, where this user may: capture.pcapng in its record
  --json FILE         write the verdict as JSON (docs/schema/verdict.schema.json)
  --junit FILE        write the verdict as JUnit XML, for GitHub, GitLab and Jenkins
  --report FILE       write the HTML report there (default: report.html in the run's folder; none for --replay;
                      of several boards: the page that leads to theirs)
  --github            write annotations and a step summary for GitHub (there, this is the default)
  --help              show this

Exit code: 0 passed, 1 failed (the firmware broke a promise), 2 inconclusive (the bench could not judge),
64 wrong usage, 130 interrupted. Each run leaves its record in runs/; runs/latest is the newest.`;

/**
 * Reads the command line.
 *
 * @param cwd - what paths are relative to
 * @param root - of the repository
 * @throws UsageError with the option, what was expected and what was given; as {@link loadProfile}.
 */
export function parseRunOptions(args: readonly string[], cwd: string, root = cwd): RunOptions {
  const given = v.safeParse(shape, readFlags(args));
  if (!given.success) {
    const [issue] = given.issues;
    const option = v.getDotPath(issue) ?? '';
    throw wrongUsage(`--${option} must be ${issue.message}, got "${flagValue(args, option)}"`);
  }
  const {
    board,
    jobs,
    port,
    spec,
    replay,
    json,
    junit,
    report,
    github,
    capture,
    serial,
    target,
    idf,
    help = false,
  } = given.output;
  const { config: configFile, flasher = 'auto', list = false } = given.output;
  const {
    provision = false,
    numbered = false,
    'build-dir': buildDir,
    'server-address': serverAddress,
    compare,
    'write-baseline': baselineFile,
  } = given.output;
  if (provision && buildDir !== undefined) {
    throw wrongUsage('--provision says how to build, which has no meaning beside --build-dir');
  }
  const { confidence = defaults.confidence } = given.output;
  if (replay !== undefined) {
    refuseBeside(given.output, 'replay', [
      'spec',
      'compare',
      'write-baseline',
      'json',
      'junit',
      'report',
      'github',
      'help',
    ]);
  }
  if (list) refuseBeside(given.output, 'list', ['json', 'config', 'help']);
  const verifyDir = given.output.verify;
  if (verifyDir !== undefined) refuseBeside(given.output, 'verify', ['help']);
  // Asked for help, nobody wants to hear of a bench file that is wrong.
  const { tier, boardName, entry, several } = help
    ? {}
    : chooseBoard({ board, port }, () => readBenchFile(root, configFile && resolve(cwd, configFile)));
  if ((boardName !== undefined || several) && port !== undefined) {
    throw wrongUsage(`--port has no meaning beside --board ${board}: the bench file says where it is`);
  }
  if (several && serial)
    throw wrongUsage(`--serial has no meaning beside --board ${board}: it shows one console`);
  if (several && baselineFile !== undefined)
    throw wrongUsage(`--write-baseline has no meaning beside --board ${board}: it keeps one board's run`);
  if (several && given.output.release !== undefined) {
    throw wrongUsage(`--release has no meaning beside --board ${board}: a release is judged on one board`);
  }
  if (!several && jobs !== undefined)
    throw wrongUsage('--jobs is about several boards: --board all or label:LABEL');
  const { soak: soakMs } = given.output;
  if (soakMs !== undefined && given.output.profile !== undefined) {
    throw wrongUsage('--soak is about the client in firmware/, and has no meaning beside --profile');
  }
  if (spec === soakSpec && soakMs === undefined && replay === undefined) {
    throw wrongUsage('--spec soak needs to know for how long: --soak TIME');
  }
  const { 'server-host': address, 'server-port': givenPort } = given.output;
  const serverPort = givenPort ?? entry?.server?.port ?? defaults.serverPort;
  const { profile, firmwareDir, durationMs, config } = chooseProfile(given.output, root);
  if (numbered && profile.name !== undefined) {
    throw wrongUsage('--numbered is about the client in firmware/, and has no meaning beside --profile');
  }
  const release = chooseRelease({
    ...given.output,
    tier,
    isSeveral: several !== undefined,
    confidence,
    leastConfidence: defaults.confidence,
    durationMs: given.output.duration ?? durationMs,
    leastDurationMs: leastDurationMs(confidence),
  });
  const soaked = soakMs ?? (release && releaseSoakMs(release));
  return {
    ...(tier !== undefined && { tier }),
    ...(port !== undefined && { port }),
    ...(boardName !== undefined && { boardName }),
    ...(several && {
      several: {
        boards: several,
        ...(jobs !== undefined && { jobs }),
        server: {
          ...(address !== undefined && { address }),
          ...(givenPort !== undefined && { port: givenPort }),
        },
      },
    }),
    ...(configFile !== undefined && { configFile: resolve(cwd, configFile) }),
    flasher,
    serverHost: address ?? entry?.server?.address ?? defaults.serverHost[tier ?? 'virtual'],
    serverPort,
    ...(serverAddress !== undefined && { serverAddress }),
    bootTimeoutMs: given.output['boot-timeout'] ?? defaults.bootTimeoutMs,
    durationMs: given.output.duration ?? durationMs,
    ...(soaked !== undefined && { soakMs: soaked }),
    confidence,
    ...(spec !== undefined && { spec }),
    ...(target !== undefined && { target }),
    ...(idf !== undefined && { idfDir: resolve(cwd, idf) }),
    profile: numbered ? { ...profile, numbered } : profile,
    firmwareDir: given.output.firmware === undefined ? firmwareDir : resolve(cwd, given.output.firmware),
    firmwareConfig: {
      ...config,
      ...(provision && { ...askingConfig, EXAMPLE_PORT: serverPort }),
      ...(numbered && { EXAMPLE_NUMBER_PAYLOADS: true }),
    },
    provision,
    ...(buildDir !== undefined && { buildDir: resolve(cwd, buildDir) }),
    ...(replay !== undefined && { replayDir: resolve(cwd, replay) }),
    ...(release && { gate: release }),
    ...(verifyDir !== undefined && { verifyDir: resolve(cwd, verifyDir) }),
    ...(compare !== undefined && { compare }),
    ...(baselineFile !== undefined && { baselineFile: resolve(cwd, baselineFile) }),
    ...(json !== undefined && { jsonFile: json === '-' ? json : resolve(cwd, json) }),
    ...(junit !== undefined && { junitFile: resolve(cwd, junit) }),
    ...(report !== undefined && { reportFile: resolve(cwd, report) }),
    ...(github !== undefined && { github }),
    ...(capture !== undefined && { capture }),
    ...(serial !== undefined && { serial }),
    list,
    help,
  };
}

/** Our own client, or the firmware of a profile. One that is named by its folder need not be looked for. */
function chooseProfile(
  {
    profile: name,
    firmware,
    idf,
    confidence = defaults.confidence,
  }: {
    profile?: string | undefined;
    firmware?: string | undefined;
    idf?: string | undefined;
    confidence?: number | undefined;
  },
  root: string,
): LoadedProfile {
  if (name === undefined) {
    return {
      profile: ownProfile,
      firmwareDir: resolve(root, defaults.firmwareDir),
      durationMs: leastDurationMs(confidence),
      config: {},
    };
  }
  return loadProfile({ root, name, idfDir: idf ?? process.env['IDF_PATH'] ?? firmware });
}

/** A recorded run is what it is, and a list lists what is there: nothing about board, firmware or length can be chosen beside them. */
function refuseBeside(
  given: Readonly<Record<string, unknown>>,
  option: string,
  allowed: readonly string[],
): void {
  const other = Object.keys(given).find(
    (name) => name !== option && !allowed.includes(name) && given[name] !== undefined,
  );
  if (other !== undefined) throw wrongUsage(`--${other} has no meaning beside --${option}`);
}

function readFlags(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    const { values } = parseArgs({
      args: args.includes('--list') ? namedStandardOutput(args) : [...args],
      strict: true,
      allowPositionals: false,
      options: {
        board: { type: 'string' },
        jobs: { type: 'string' },
        port: { type: 'string' },
        config: { type: 'string' },
        flasher: { type: 'string' },
        list: { type: 'boolean' },
        'server-host': { type: 'string' },
        'server-port': { type: 'string' },
        'server-address': { type: 'string' },
        'boot-timeout': { type: 'string' },
        duration: { type: 'string' },
        soak: { type: 'string' },
        confidence: { type: 'string' },
        spec: { type: 'string' },
        target: { type: 'string' },
        idf: { type: 'string' },
        firmware: { type: 'string' },
        profile: { type: 'string' },
        provision: { type: 'boolean' },
        numbered: { type: 'boolean' },
        'build-dir': { type: 'string' },
        replay: { type: 'string' },
        release: { type: 'string' },
        rehearse: { type: 'boolean' },
        verify: { type: 'string' },
        compare: { type: 'string' },
        'write-baseline': { type: 'string' },
        json: { type: 'string' },
        junit: { type: 'string' },
        report: { type: 'string' },
        github: { type: 'boolean' },
        capture: { type: 'boolean' },
        serial: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    // parseArgs words it well ("Unknown option '--foo'"); only its advice on positionals is for programmers.
    const [sentence = ''] = (error as Error).message.split('. ');
    throw wrongUsage(sentence.replace(/\.$/, ''), error);
  }
}

/** `--list --json` alone means standard output, where a run has its table. */
function namedStandardOutput(args: readonly string[]): string[] {
  return args.map((arg, index) =>
    arg === '--json' && (args[index + 1] ?? '--').startsWith('--') ? '--json=-' : arg,
  );
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', {
    what,
    next: 'see `npm run hil -- --help`; options go after `--`',
    cause,
  });
}

function flagValue(args: readonly string[], option: string): string {
  const at = args.findIndex((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`));
  const arg = args[at] ?? '';
  return arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : (args[at + 1] ?? '');
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `10`, `10s`, `500ms`, `2m`, `1h`; a bare number is seconds. NaN when it is no time. */
export function parseDurationMs(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  return Number(number) * unitMs[unit as keyof typeof unitMs];
}
