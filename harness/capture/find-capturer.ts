import { askTool, versionIn } from '../doctor/ask-tool.ts';

/** A program that records packets, and whether this user may. */
export interface Capturer {
  readonly command: 'dumpcap' | 'tcpdump';
  readonly path: string;
  readonly version: string;
  /** Why this user may capture; absent: they may not. */
  readonly permission?: 'as root' | 'by its capability';
}

/**
 * The program to capture with: dumpcap before tcpdump, as it writes pcapng by itself; one that may capture before one that may not.
 * Undefined when there is neither.
 */
export async function findCapturer(signal?: AbortSignal): Promise<Capturer | undefined> {
  let refused: Capturer | undefined;
  for (const command of ['dumpcap', 'tcpdump'] as const) {
    const asked = signal && { signal };
    const version = await askTool(command, ['--version'], asked);
    if (version.kind === 'missing') continue;
    const found = await askTool('sh', ['-c', `command -v ${command}`], asked);
    const path = found.kind === 'answered' ? found.text.trim() : command;
    const capturer = { command, path, version: version.kind === 'answered' ? versionIn(version.text) : '' };
    if (process.getuid?.() === 0) return { ...capturer, permission: 'as root' };
    const capabilities = await askTool('getcap', [path], asked);
    if (capabilities.kind === 'answered' && capabilities.text.includes('cap_net_raw')) {
      return { ...capturer, permission: 'by its capability' };
    }
    refused ??= capturer;
  }
  return refused;
}

/** The command that lets this user capture. */
export function permitCommand({ path }: Capturer): string {
  return `sudo setcap cap_net_raw,cap_net_admin=eip ${path}`;
}
