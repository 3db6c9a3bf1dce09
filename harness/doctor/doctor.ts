import type { Tier } from '../record/tier.ts';
import { withDeadline } from '../time/deadline.ts';
import { checkCapture } from './capture.ts';
import { checkEspressif } from './espressif-tools.ts';
import { broken, type Check, type CheckContext, type Finding } from './finding.ts';
import { checkInterfaces, checkKernelStamps, checkReceiveBuffer, checkServerPort } from './host-network.ts';
import { checkCompiler, checkEsptool, checkNode, checkPython, checkSerialTools } from './host-tools.ts';
import { installCommandFor } from './package-manager.ts';
import { checkSerialPorts } from './serial-ports.ts';
import { checkWifiCredentials } from './wifi.ts';

export interface DoctorOptions {
  /** Root of the repository. */
  readonly root: string;
  /** The kind of board that is to be used. */
  readonly tier: Tier;
  readonly serverPort: number;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** How the bench is. With `--json`, as it stands here. */
export interface Diagnosis {
  readonly schema: 1;
  readonly tier: Tier;
  /** Whether a run on that tier has all that it can't do without. */
  readonly canRun: boolean;
  readonly findings: readonly Finding[];
}

/** In the order of the report; done all at once. */
const checks: readonly (readonly [name: string, Check])[] = [
  ['Node.js', checkNode],
  ['C compiler', checkCompiler],
  ['Python', checkPython],
  ['esptool', checkEsptool],
  ['ESP-IDF', checkEspressif],
  ['Serial ports', checkSerialPorts],
  ['Serial tools', checkSerialTools],
  ['UDP port', checkServerPort],
  ['Network', checkInterfaces],
  ['Receive buffer', checkReceiveBuffer],
  ['Kernel stamps', checkKernelStamps],
  ['Packet capture', checkCapture],
  ['Wi-Fi credentials', checkWifiCredentials],
];

/** ESP-IDF's own script takes seconds on a slow disk; everything else takes less. */
const checkTimeoutMs = 20_000;

/** Looks at everything that the bench is made of. Changes nothing. */
export async function examine({ tier, signal, ...options }: DoctorOptions): Promise<Diagnosis> {
  const context = { ...options, install: installCommandFor(options.env['PATH'] ?? ''), signal };
  const all = await Promise.all(checks.map(([name, check]) => bounded(name, check, context)));
  const findings = all.flat();
  return { schema: 1, tier, canRun: !findings.some((finding) => isInTheWay(finding, tier)), findings };
}

/** Whether a tier can't run because of this. */
export function isInTheWay({ state, tiers }: Finding, tier: Tier): boolean {
  return state !== 'ok' && tiers.includes(tier);
}

/** One check that hangs, or that has a defect, must not keep the others from being told. */
async function bounded(name: string, check: Check, context: CheckContext): Promise<readonly Finding[]> {
  const { signal } = context;
  try {
    return await withDeadline(check(context), { timeoutMs: checkTimeoutMs, waitingFor: name, signal });
  } catch (error) {
    signal.throwIfAborted();
    const subject = { id: name.toLowerCase().replaceAll(/\W+/g, '-'), name, neededFor: '', tiers: [] };
    return [broken(subject, `could not be looked at: ${(error as Error).message}`, 'look at it by hand')];
  }
}
