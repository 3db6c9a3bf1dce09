import { backAfterMs, socketsLeaked } from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

const needs = ['access-point'] as const;

claim(
  'outage.back',
  'is back within 8 s when its access point is',
  bounds.backAfterOutageMs,
  async (dut) => {
    const { observation, disturbance } = await dut.afterOutage();
    return backAfterMs(observation, disturbance);
  },
  { needs },
);

claim(
  'outage.sockets',
  'leaks no socket while its sends fail',
  bounds.socketsLeaked,
  async (dut) => {
    const { observation } = await dut.afterOutage();
    return socketsLeaked(observation);
  },
  { needs },
);
