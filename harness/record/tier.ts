/** Kinds of board that the same specs run on. `board` is the only one with hardware. */
export const tiers = ['virtual', 'linux', 'emulator', 'board'] as const;
export type Tier = (typeof tiers)[number];
