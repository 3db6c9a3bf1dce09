import { answersUnlikeAcks, sendsUnlikeArrivals } from '../../harness/analysis/message-figures.ts';
import { claim } from '../../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('witnesses.sends', 'logs the sends that the network saw', bounds.disagreements, async (dut) =>
  sendsUnlikeArrivals(await dut.steady()),
);

claim('witnesses.answers', 'logs the answers that it was sent', bounds.disagreements, async (dut) =>
  answersUnlikeAcks(await dut.steady()),
);
