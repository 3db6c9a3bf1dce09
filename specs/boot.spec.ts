import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('boot.once', 'boots once and stays up', bounds.boots, async (dut) => {
  const [boot, steady] = [await dut.boot(), await dut.steady()];
  return { figure: boot.bootCount + steady.bootCount, evidence: [...boot.bootLines, ...steady.bootLines] };
});

claim('boot.image', 'runs the image that was flashed', bounds.image, async (dut) => {
  const boot = await dut.boot();
  return boot.runningImage;
});
