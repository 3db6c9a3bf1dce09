import { BenchError, DutError, UsageError, type HilError } from '../../errors.ts';
import { lastLines } from '../../process/run-tool.ts';

/** What idf.py left when it failed. Its exit code tells nothing: it is 2 for every failure. */
export interface FailedIdf {
  /** The signal that ended it; absent: it ended by itself. */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Folder of the ESP-IDF. */
  readonly idfDir: string;
  /** Folder of the firmware. */
  readonly firmwareDir: string;
  /** Everything that was printed. */
  readonly logFile: string;
}

/** One way to fail: how it is recognised, whose fault it is, and the lines that matter. */
interface Failure {
  readonly code: string;
  readonly branch: typeof BenchError | typeof DutError | typeof UsageError;
  readonly pattern: RegExp;
  /** Whether it is this one, where the pattern alone doesn't tell. */
  readonly holds?: (lines: readonly string[], failed: FailedIdf) => boolean;
  /** What happened; gets the match. */
  readonly what: (match: RegExpMatchArray) => string;
  /** Lines that show it; by default those that match. */
  readonly evidence?: (lines: readonly string[]) => string[];
  readonly next: string;
}

const shownLines = 8;

/** A compiler's complaint about a line of a file. */
const compileError = /^(\S[^:]*):\d+(?::\d+)?: (?:fatal )?error: /m;

const whenKilled =
  'if nobody did it on purpose, this host has too little memory for the build (`dmesg` tells); the next build goes on where this one ended';

/** In order: the first that is recognised is told, so causes come before what follows from them. */
const failures: readonly Failure[] = [
  {
    code: 'NO_FIRMWARE',
    branch: UsageError,
    pattern: /CMakeLists\.txt not found in project directory (.*)/,
    what: ([, dir = '']) => `There is no ESP-IDF project in ${dir}`,
    next: 'name the folder of an ESP-IDF project (--firmware)',
  },
  {
    code: 'IDF_PYTHON',
    branch: BenchError,
    pattern:
      /The following Python requirements are not satisfied|ESP-IDF Python virtual environment .* not found|ERROR: .*(?:python_env|espidf\.constraints).* doesn't exist|No module named '\w+'|env: \W?python3?\W?: No such file/,
    what: () => "ESP-IDF's Python environment is not complete",
    next: "run ESP-IDF's `install.sh` again",
  },
  {
    code: 'IDF_TARGET_UNKNOWN',
    branch: UsageError,
    pattern:
      /Invalid value for '\{([^}]*)\}': '([^']*)'|IDF_TARGET '?([\w-]+)'? .*not supported|Toolchain file \S+toolchain-([\w-]+)\.cmake not found/,
    what: ([, , invalid, unsupported, other]) =>
      `This ESP-IDF knows no target "${invalid ?? unsupported ?? other ?? ''}"`,
    next: 'choose one of the targets that `idf.py --list-targets` names',
  },
  {
    code: 'TOOLCHAIN_MISSING',
    branch: BenchError,
    pattern: /The CMAKE_\w+_COMPILER:\s+(\S+)\s+is not a full path and was not found in the PATH/,
    what: ([, compiler = '']) => `The compiler of this target is not installed: ${compiler}`,
    next: "run ESP-IDF's `install.sh TARGET`, then `. ./export.sh`",
  },
  {
    code: 'BUILD_KILLED',
    branch: BenchError,
    // Of the compiler its driver tells, of ninja idf.py does.
    pattern:
      /fatal error: Killed signal terminated program (\w+)|internal compiler error: Killed \(program (\w+)\)|^(ninja) failed with exit code -\d+/m,
    what: ([, compiler, older, ninja = '']) =>
      `${compiler ?? older ?? ninja} was killed in the middle of the build`,
    next: whenKilled,
  },
  {
    code: 'COMPONENT_MISSING',
    branch: DutError,
    pattern: /Failed to resolve component '([^']+)'(?: required by component '([^']+)')?/,
    what: ([, component = '', by]) =>
      `The firmware needs a component "${component}"${by === undefined ? '' : ` (in "${by}")`} that is not there`,
    next: 'check its name in CMakeLists.txt, or add it: `idf.py add-dependency`',
  },
  {
    code: 'COMPILER_UNFIT',
    branch: BenchError,
    pattern: /^\S*(?:gcc|g\+\+|clang|cc1|cc1plus)(?:-[\d.]+)?: (?:fatal )?error: /m,
    what: () => 'The compiler does not do what ESP-IDF asks of it',
    next: 'install the compiler of this ESP-IDF (`install.sh TARGET`, then `. ./export.sh`)',
  },
  {
    code: 'IDF_NOT_COMPILING',
    branch: BenchError,
    pattern: compileError,
    holds: (lines, { idfDir }) => filesWithErrors(lines).every((file) => isSourceIn(idfDir, file)),
    what: () => "ESP-IDF's own sources do not compile: this compiler is not one that they are written for",
    next: "use a compiler that this ESP-IDF supports (on the linux target the host's own), or another ESP-IDF (--idf)",
  },
  {
    code: 'COMPILE_FAILED',
    branch: DutError,
    pattern: compileError,
    what: () => 'The firmware does not compile',
    next: 'mend the first of these lines; the others may follow from it',
  },
  {
    code: 'LINK_FAILED',
    branch: DutError,
    pattern:
      /undefined reference to|multiple definition of|region `?\w+'? overflowed|will not fit in region|collect2: error|ld returned \d+ exit status/,
    what: () => 'The firmware does not link',
    next: 'add the source or component that defines it, or make the program smaller',
  },
  {
    code: 'PARTITION_OVERFLOW',
    branch: DutError,
    pattern: /partitions? (?:is|are) too small for binary (\S+) size (0x[0-9a-f]+)/,
    what: ([, binary = '', size = '']) =>
      `The image is larger than its partition: ${binary}, ${parseInt(size, 16)} bytes`,
    evidence: (lines) => around(lines, /too small for binary/, 3),
    next: 'make the partition larger (partition table in menuconfig), or the program smaller (`idf.py size`)',
  },
  {
    code: 'CMAKE_FAILED',
    branch: DutError,
    pattern: /CMake Error/,
    what: () => "CMake does not accept the firmware's build files",
    evidence: cmakeErrors,
    next: 'mend the CMakeLists.txt that is named',
  },
];

/** An error that names the cause of the failure, with the few lines that show it. */
export function explainIdfFailure(failed: FailedIdf): HilError {
  const { signal, stdout, stderr, firmwareDir, logFile } = failed;
  const text = plain(`${stdout}\n${stderr}`);
  const lines = text.split('\n').map((line) => line.trimEnd());
  const oneLine = inOneLine(text);
  if (signal !== undefined) {
    return new BenchError('BUILD_KILLED', {
      what: `idf.py was ended from outside, by ${signal}, in the middle of the build`,
      where: firmwareDir,
      // How far it had come; its standard error may be full of warnings.
      evidence: lastLines(plain(stdout), 3),
      next: `${whenKilled}; everything that idf.py printed is in ${logFile}`,
    });
  }
  for (const { code, branch, pattern, holds, what, evidence, next } of failures) {
    // CMake wraps its sentences, so they are looked for in the text without its line ends, too.
    const match = pattern.exec(text) ?? pattern.exec(oneLine);
    if (match === null || holds?.(lines, failed) === false) continue;
    const shown = evidence?.(lines) ?? lines.filter((line) => pattern.test(line)).slice(0, shownLines);
    return new branch(code, {
      what: what(match),
      where: firmwareDir,
      evidence: [...(shown.length > 0 ? shown : [inOneLine(match[0])]), ...hints(lines)],
      next: `${next}; everything that idf.py printed is in ${logFile}`,
    });
  }
  return new BenchError('IDF_BUILD_FAILED', {
    what: 'idf.py failed, and its output does not tell why in words that are known here',
    where: firmwareDir,
    evidence: lines.filter(Boolean).slice(-shownLines),
    next: `read ${logFile}`,
  });
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function filesWithErrors(lines: readonly string[]): string[] {
  return lines.flatMap((line) => compileError.exec(line)?.[1] ?? []);
}

/** Headers are left out: what a firmware does wrong may show in one of ESP-IDF's. */
function isSourceIn(idfDir: string, file: string): boolean {
  return file.startsWith(`${idfDir}/`) && /\.(?:c|cc|cpp|S)$/.test(file);
}

/** ESP-IDF's own advice, which is right surprisingly often. */
function hints(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('HINT: ')).slice(0, 2);
}

/** The heads of CMake's errors with the sentences below them, without its call stacks. */
function cmakeErrors(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let inside = false;
  for (const line of lines) {
    if (/CMake Error (?:at|in|:)/.test(line)) inside = true;
    else if (/^\s*Call Stack/.test(line) || /^\S/.test(line)) inside = false;
    if (inside && line.trim() !== '') shown.push(line);
  }
  return shown.slice(0, shownLines);
}

function around(lines: readonly string[], pattern: RegExp, count: number): string[] {
  const at = lines.findIndex((line) => pattern.test(line));
  return lines.slice(at, at + count).filter(Boolean);
}

/** idf.py colours its hints also when nobody is at a terminal. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what we look for
  return text.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, '');
}
