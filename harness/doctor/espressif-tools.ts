/** ESP-IDF and what belongs to it. */
import { findIdf, type EspIdf } from '../build/idf/find-idf.ts';
import { HilError } from '../errors.ts';
import { askTool, versionIn } from './ask-tool.ts';
import { broken, missing, ok, type Check, type CheckContext, type Finding, type Subject } from './finding.ts';

const idfSubject: Subject = {
  id: 'esp-idf',
  name: 'ESP-IDF',
  neededFor: 'builds for chips and for its linux target',
  tiers: ['linux', 'emulator', 'board'],
};

const installIdf =
  'git clone --recursive https://github.com/espressif/esp-idf ~/esp/esp-idf\n~/esp/esp-idf/install.sh';
const withIdf = 'comes with ESP-IDF';

/** The compilers of ESP-IDF, the newest name first. */
const toolchains = [
  { id: 'riscv', chips: 'ESP32-C3 and other RISC-V chips', commands: ['riscv32-esp-elf-gcc'] },
  { id: 'xtensa', chips: 'ESP32, -S2, -S3', commands: ['xtensa-esp-elf-gcc', 'xtensa-esp32-elf-gcc'] },
] as const;

/** QEMU as Espressif makes it: a stranger's knows none of these machines. */
const emulators = [
  { command: 'qemu-system-riscv32', machine: 'esp32c3', tool: 'qemu-riscv32' },
  { command: 'qemu-system-xtensa', machine: 'esp32', tool: 'qemu-xtensa' },
] as const;

/** ESP-IDF first: its environment is where the others are looked for. */
export const checkEspressif: Check = async (context) => {
  const { idf, finding } = await lookForIdf(context);
  const others = await Promise.all([
    ...toolchains.map((toolchain) => checkToolchain(toolchain, idf, context)),
    ...emulators.map((emulator) => checkQemu(emulator, idf, context)),
    checkEspEmulator(context),
  ]);
  return [finding, ...others];
};

async function lookForIdf({ env, signal }: CheckContext): Promise<{ finding: Finding; idf?: EspIdf }> {
  try {
    const idf = await findIdf({ env, signal });
    return { idf, finding: ok(idfSubject, `${idf.version ?? 'unknown version'} in ${idf.dir}, ${idf.why}`) };
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    if (error.code === 'IDF_NOT_FOUND') return { finding: missing(idfSubject, installIdf) };
    const [script = '~/esp/esp-idf/install.sh'] = /\/\S+install\.sh/.exec(error.story.next ?? '') ?? [];
    return { finding: broken(idfSubject, error.story.what, script) };
  }
}

async function checkToolchain(
  { id, chips, commands }: (typeof toolchains)[number],
  idf: EspIdf | undefined,
  { signal }: CheckContext,
): Promise<Finding> {
  const subject: Subject = {
    id: `${id}-toolchain`,
    name: `${id} toolchain`,
    neededFor: `builds for ${chips}`,
    // Which one is needed depends on the chip: the build says so.
    tiers: [],
  };
  for (const command of commands) {
    const answer = await askTool(command, ['-dumpversion'], { ...(idf && { env: idf.env }), signal });
    if (answer.kind === 'answered') return ok(subject, `${command} ${answer.text.trim()}`);
    if (answer.kind === 'failed') return broken(subject, answer.text, installTools(idf));
  }
  return missing(subject, installTools(idf));
}

async function checkQemu(
  { command, machine, tool }: (typeof emulators)[number],
  idf: EspIdf | undefined,
  { signal }: CheckContext,
): Promise<Finding> {
  const subject: Subject = {
    id: command,
    name: `QEMU ${machine}`,
    neededFor: `the emulated ${machine}`,
    // The chip that the tier emulates unless told otherwise.
    tiers: machine === 'esp32c3' ? ['emulator'] : [],
  };
  const env = idf?.env ?? {};
  const remedy = idf === undefined ? withIdf : `python3 ${idf.dir}/tools/idf_tools.py install ${tool}`;
  const machines = await askTool(command, ['-machine', 'help'], { env, signal });
  if (machines.kind === 'missing') return missing(subject, remedy, `no ${command} in PATH`);
  if (machines.kind === 'failed') return broken(subject, machines.text, remedy);
  if (!new RegExp(`^${machine}\\s`, 'm').test(machines.text)) {
    return broken(subject, `${command} is not Espressif's, knows no ${machine}`, remedy);
  }
  const version = await askTool(command, ['--version'], { env, signal });
  return ok(subject, `${command} ${version.kind === 'answered' ? versionIn(version.text) : ''}`);
}

async function checkEspEmulator({ signal }: CheckContext): Promise<Finding> {
  const subject: Subject = {
    id: 'esp-emu',
    name: 'esp-emu',
    neededFor: 'an emulated chip with Wi-Fi, which no tier uses yet',
    tiers: [],
  };
  const answer = await askTool('esp-emu', ['--version'], { signal });
  if (answer.kind === 'answered') return ok(subject, versionIn(answer.text));
  const remedy = 'put a release of github.com/espressif/esp-emulator into PATH';
  return answer.kind === 'missing' ? missing(subject, remedy) : broken(subject, answer.text, remedy);
}

function installTools(idf: EspIdf | undefined): string {
  return idf === undefined ? withIdf : `${idf.dir}/install.sh`;
}
