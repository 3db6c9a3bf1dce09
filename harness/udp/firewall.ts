import { readFile } from 'node:fs/promises';
import { runTool } from '../process/run-tool.ts';

/** What is known of this host's firewall, for a UDP port. */
export interface Firewall {
  /** Rules that may keep datagrams from the port, as the firewall prints them; empty where there are none, or none to be seen. */
  readonly rules: readonly string[];
  /** What lets datagrams through, or how to find out: an imperative sentence with the command. */
  readonly remedy: string;
}

const maxRules = 4;

/** Asks the firewalls that Linux knows. Their rules show to root only; who manages them, to everybody. */
export async function describeFirewall(port: number): Promise<Firewall> {
  const [nftables, iptables, ufw, firewalld] = await Promise.all([
    outputOf('nft', ['list', 'ruleset']),
    outputOf('iptables', ['-S']),
    readFile('/etc/ufw/ufw.conf', 'utf8').catch(() => ''),
    outputOf('firewall-cmd', ['--state']),
  ]);
  // iptables may be a view of what nft lists already.
  const rules = [...new Set([...blockingRules(nftables, port), ...blockingRules(iptables, port)])];
  return {
    rules: rules.slice(0, maxRules),
    remedy: remedyOf({
      port,
      ufw: /^ENABLED=yes/m.test(ufw),
      firewalld: firewalld.trim() === 'running',
      isNft: nftables !== '',
    }),
  };
}

const otherProtocol = /^(?:tcp|icmp|icmpv6)\b|(?:-p|l4proto|protocol) (?:tcp|icmp)/;
/** `dport 3333`, `dport { 53, 3333 }`, `--dports 53,3000:4000` */
const portList = /dports? (?:\{ )?(\d+(?:[:-]\d+)?(?:, ?\d+(?:[:-]\d+)?)*)/;

/** The rules that drop or reject what comes for a UDP port, or everything that comes, of `nft list ruleset` or `iptables -S`. */
export function blockingRules(ruleset: string, port: number): string[] {
  return ruleset
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => {
      if (/hook input .*policy drop/.test(line) || line === '-P INPUT DROP') return true;
      if (!/\b(?:drop|reject)\b/i.test(line) || /^-A (?:OUTPUT|FORWARD)/.test(line)) return false;
      if (otherProtocol.test(line)) return false;
      const ports = portList.exec(line)?.[1];
      return ports === undefined ? /\budp\b|^(?:drop|reject)/.test(line) : holdsPort(ports, port);
    });
}

/** `3333`, `53, 3333`, `3000-4000`, `3000:4000` */
function holdsPort(ports: string, port: number): boolean {
  return ports.split(',').some((part) => {
    const [from = NaN, to = from] = part.trim().split(/[-:]/).map(Number);
    return port >= from && port <= to;
  });
}

interface Managers {
  readonly port: number;
  readonly ufw: boolean;
  readonly firewalld: boolean;
  readonly isNft: boolean;
}

function remedyOf({ port, ufw, firewalld, isNft }: Managers): string {
  if (ufw) return `run \`sudo ufw allow ${port}/udp\``;
  if (firewalld) return `run \`sudo firewall-cmd --add-port=${port}/udp\``;
  const list = isNft ? 'nft list ruleset' : 'iptables -S';
  return `let UDP port ${port} through; \`sudo ${list}\` shows the rules`;
}

/** Empty when the tool is missing, or tells this user nothing. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  try {
    const { exitCode, stdout } = await runTool({ command, args, timeoutMs: 3_000 });
    return exitCode === 0 ? stdout : '';
  } catch {
    return '';
  }
}
