import { askTool, versionIn } from './ask-tool.ts';
import { broken, missing, ok, type Check, type Subject } from './finding.ts';

const subject: Subject = {
  id: 'capture',
  name: 'Packet capture',
  neededFor: 'looking at the wire beside a run',
  tiers: [],
};

/** Whether tcpdump or dumpcap is there and may capture: as root, or by a capability of its file. */
export const checkCapture: Check = async ({ install, signal }) => {
  let refused: { readonly command: string; readonly path: string } | undefined;
  for (const command of ['tcpdump', 'dumpcap']) {
    const version = await askTool(command, ['--version'], { signal });
    if (version.kind === 'missing') continue;
    const path = await askTool('sh', ['-c', `command -v ${command}`], { signal });
    const where = path.kind === 'answered' ? path.text.trim() : command;
    const found = `${command} ${version.kind === 'answered' ? versionIn(version.text) : ''}`;
    if (process.getuid?.() === 0) return [ok(subject, `${found}, as root`)];
    const capabilities = await askTool('getcap', [where], { signal });
    if (capabilities.kind === 'answered' && capabilities.text.includes('cap_net_raw')) {
      return [ok(subject, `${found}, by its capability`)];
    }
    refused ??= { command, path: where };
  }
  if (refused === undefined) return [missing(subject, install({ apt: 'tcpdump' }), 'no tcpdump, no dumpcap')];
  return [
    broken(
      subject,
      `${refused.command} is there, and this user may not capture`,
      `sudo setcap cap_net_raw,cap_net_admin=eip ${refused.path}`,
    ),
  ];
};
