/** One function of a call stack. */
export interface Call {
  /** `0x400d28c7`; several calls share one where the compiler has put one function into the other. */
  readonly address: string;
  /** Absent when the ELF doesn't know the address. */
  readonly functionName?: string;
  /** Absent when it is compiled without debug information. */
  readonly file?: string;
  readonly line?: number;
}

/**
 * Reads what `addr2line -fiaC` prints, GNU's or LLVM's: for each address one line with it, then for each function there, the
 * innermost first, a line with the name and one with file and line.
 *
 *     0x400d28c7
 *     wait_readable
 *     /src/./main/udp_client.c:158
 *     receive_until
 *     /src/./main/udp_client.c:170 (discriminator 1)
 */
export function parseAddr2line(text: string): Call[] {
  const calls: Call[] = [];
  let address = '';
  let functionName: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const told = /^0x([0-9a-f]+)$/i.exec(line)?.[1];
    if (told !== undefined) {
      address = `0x${told.replace(/^0+(?=.)/, '').toLowerCase()}`;
      functionName = undefined;
    } else if (functionName === undefined) {
      functionName = line;
    } else {
      calls.push({ address, ...nameOf(functionName), ...placeOf(line) });
      functionName = undefined;
    }
  }
  return calls;
}

/**
 * Reads what gdb's `bt` prints, with `set width 0`. A frame has no address of its own where the compiler has put the function into
 * its caller, and where the address is the first of its line: it gets that of the frame before it, the innermost one `at`.
 *
 *     #0  send_payload (client=...) at /src/main/udp_client.c:109
 *     #1  0x4200bd6a in udp_client_task (arg=...) at /src/main/udp_client.c:265
 *     #2  0x40000a2c in ?? ()
 */
export function parseGdbBacktrace(text: string, at: number): Call[] {
  let address = `0x${at.toString(16)}`;
  return text.split(/\r?\n/).flatMap((line) => {
    const frame = /^#\d+\s+(?:0x([0-9a-f]+) in )?(\S+) \(.*?\)(?: at (.*))?$/.exec(line);
    if (frame === null) return [];
    const [, told, functionName = '??', place = ''] = frame;
    if (told !== undefined) address = `0x${told.replace(/^0+(?=.)/, '')}`;
    return [{ address, ...nameOf(functionName), ...placeOf(place) }];
  });
}

function nameOf(functionName: string): Pick<Call, 'functionName'> {
  return functionName === '??' ? {} : { functionName };
}

function placeOf(text: string): Pick<Call, 'file' | 'line'> {
  const [, file = '??', line = '?'] = /^(.*):(\d+|\?)(?: \(discriminator \d+\))?$/.exec(text) ?? [];
  if (file === '??' || file === '') return {};
  // The host's build and ESP-IDF's reproducible one leave the folder's name out: `/somewhere/./main/x.c`, `/IDF/…`.
  const known = file.replace(/^.*\/\.\//, '');
  return line === '?' || line === '0' ? { file: known } : { file: known, line: Number(line) };
}

/** By which a program comes to its end: they say nothing of why. */
const waysOut = new Set([
  'abort',
  '__wrap_abort',
  'panic_abort',
  'esp_system_abort',
  '__assert_func',
  '_esp_error_check_failed',
  '__stack_chk_fail',
  'host_error_check_failed',
  'vApplicationStackOverflowHook',
]);

/**
 * The call to blame: the innermost that is the project's own, for whoever calls a library wrongly crashes in it; without such
 * a one the innermost that is no mere way out.
 */
export function blamedCall(calls: readonly Call[], projectDir?: string): Call | undefined {
  const suspects = calls.filter(
    ({ functionName }) => functionName !== undefined && !waysOut.has(functionName),
  );
  return suspects.find(({ file }) => file !== undefined && isOwn(file, projectDir)) ?? suspects[0];
}

/** The project's components, as they are laid out in ESP-IDF; the host's shim stands for ESP-IDF itself. */
function isOwn(file: string, projectDir: string | undefined): boolean {
  const within = projectDir !== undefined && file.startsWith(`${projectDir}/`);
  const path = within ? file.slice(projectDir.length + 1) : file;
  return (within || !path.startsWith('/')) && /^(main|components)\//.test(path);
}

/** `udp_client_task (main/udp_client.c:206)` */
export function describeCall({ address, functionName, file, line }: Call): string {
  const name = functionName ?? address;
  if (file === undefined) return name;
  return `${name} (${file}${line === undefined ? '' : `:${line}`})`;
}
