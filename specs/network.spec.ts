import {
  answersUnlogged,
  backAfterMs,
  damagedAnswersUnnamed,
  lossesFound,
  missingSends,
} from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

/** A third of the answers stays away: the datagram was lost, or the answer. */
const loss = { name: 'loss', datagrams: 24, uplink: { drop: 7 }, downlink: { drop: 5 }, seed: 1 };

/** Everything arrives that is not damaged, but not as it was sent. */
const disorder = {
  name: 'disorder',
  datagrams: 14,
  uplink: { duplicate: 2, reorder: 1 },
  downlink: { corrupt: 3, duplicate: 2, delay: 3, delayMs: 250 },
  seed: 1,
};

/** The server takes more than two periods for each answer. */
const slowness = { name: 'slowness', datagrams: 10, downlink: { delay: 10, delayMs: 250 }, seed: 1 };

claim('network.loss', 'accounts for 7 datagrams and 5 acks that are lost', bounds.losses, async (dut) => {
  const { observation } = await dut.afterImpairment(loss);
  return lossesFound(observation);
});

claim('network.steady', 'keeps on sending while a third is lost', bounds.missingSends, async (dut) => {
  const { observation } = await dut.afterImpairment(loss);
  return missingSends(observation);
});

claim('network.back', 'is back within 0.5 s of the last loss', bounds.backAfterMs, async (dut) => {
  const { observation, disturbance } = await dut.afterImpairment(loss);
  return backAfterMs(observation, disturbance);
});

claim('network.damage', 'takes no damaged answer for an ack', bounds.damagedAnswers, async (dut) => {
  const { observation } = await dut.afterImpairment(disorder);
  return damagedAnswersUnnamed(observation);
});

claim(
  'network.answers',
  'logs each answer, doubled and late ones too',
  bounds.answersUnlogged,
  async (dut) => {
    const { observation } = await dut.afterImpairment(disorder);
    return answersUnlogged(observation);
  },
);

claim('network.late', 'keeps on sending while answers come 250 ms late', bounds.missingSends, async (dut) => {
  const { observation } = await dut.afterImpairment(disorder);
  return missingSends(observation);
});

claim(
  'network.slow',
  'keeps on sending to a server that takes 250 ms for each answer',
  bounds.missingSends,
  async (dut) => {
    const { observation } = await dut.afterImpairment(slowness);
    return missingSends(observation);
  },
);
