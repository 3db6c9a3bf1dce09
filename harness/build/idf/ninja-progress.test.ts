import { expect, it } from 'vitest';
import { NinjaProgress } from './ninja-progress.ts';

it('moves with the outer build only: the bootloader counts its own steps in between', () => {
  const progress = new NinjaProgress();
  const lines = [
    'Executing "ninja all"...',
    '[1/900] Building C object a.c.o',
    '[2/900] Performing build step for bootloader',
    '[1/110] Building C object boot.c.o',
    '[2/110] Linking C executable bootloader.elf',
    '[3/900] Building C object b.c.o',
    'main/b.c:1: warning: [3/4] is no step',
    '[900/900] Generating binary image from built executable',
  ];
  expect(lines.map((line) => progress.read(line)?.done)).toEqual([
    undefined,
    1,
    2,
    undefined,
    undefined,
    3,
    undefined,
    900,
  ]);
});
