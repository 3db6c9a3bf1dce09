import { bootCount, runningImage } from '../../harness/analysis/figures.ts';
import { claim } from '../../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('boot.once', 'boots once and stays up', bounds.boots, async (dut) =>
  bootCount(await dut.boot(), await dut.steady()),
);

claim('boot.image', 'runs the image that was flashed', bounds.image, async (dut) =>
  runningImage(await dut.boot()),
);
