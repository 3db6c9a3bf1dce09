import { describe, expect, it } from 'vitest';
import { blockingRules } from './firewall.ts';

const nftRuleset = `table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		tcp dport 3333 drop
		udp dport 3333 accept
		udp dport { 53, 3333 } counter packets 0 bytes 0 drop
		udp dport 3000-4000 reject with icmp port-unreachable
		udp dport 4444 drop
	}
	chain output {
		type filter hook output priority filter; policy accept;
	}
}`;

describe('the rules that may keep datagrams from a port', () => {
  it('of nft', () => {
    expect(blockingRules(nftRuleset, 3333)).toEqual([
      'type filter hook input priority filter; policy drop;',
      'udp dport { 53, 3333 } counter packets 0 bytes 0 drop',
      'udp dport 3000-4000 reject with icmp port-unreachable',
    ]);
  });

  it('of iptables', () => {
    const rules = `-P INPUT DROP
-P OUTPUT ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p udp -m udp --dport 3333 -j DROP
-A INPUT -p udp -m multiport --dports 53,3000:4000 -j REJECT
-A INPUT -p udp -m udp --dport 4444 -j DROP
-A OUTPUT -p udp -m udp --dport 3333 -j DROP
-A INPUT -p tcp -j DROP`;
    expect(blockingRules(rules, 3333)).toEqual([
      '-P INPUT DROP',
      '-A INPUT -p udp -m udp --dport 3333 -j DROP',
      '-A INPUT -p udp -m multiport --dports 53,3000:4000 -j REJECT',
    ]);
  });

  it('are none where nothing is dropped', () => {
    expect(blockingRules('table inet filter {\n}', 3333)).toEqual([]);
    expect(blockingRules('', 3333)).toEqual([]);
  });
});
